"""Safe change: pure decisions about which recipe a photo gets, and whether a new one may go on."""
