"""House style and panel helpers of all figures."""
