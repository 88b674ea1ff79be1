//! Sweeps: a search over bars ([`search`]), run here or in parts elsewhere ([`run`]), what it
//! found ([`found`]), and sets that Python asks for one by one ([`asked`]).

pub mod asked;
mod failure;
pub mod found;
mod frame;
pub mod judged;
mod options;
mod results;
pub mod run;
pub mod search;
mod words;
