"""Where photos come from: product feeds, URLs, watched folders and buckets. No sender is trusted."""
