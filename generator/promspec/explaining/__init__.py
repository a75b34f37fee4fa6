"""What each rule means: a page of why, a bad and a good example; from one source for `explain` and for docs/rules."""
