//! The `tickstep` command.

fn main() {}
