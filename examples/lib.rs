//! Nothing here: the programs beside this file are the `[[example]]` targets.
