"""Where photos come from: product feeds, URLs, watched folders and buckets. Nothing in here trusts a sender."""
