//! How far a result of a search is to be believed.
