"""Questions over HTTP that always end: bounded in time, in memory and in what a message may show."""
