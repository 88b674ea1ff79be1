//! Statistics of whole runs: worked examples, laws, and the table of what has no
//! value.

mod laws;
mod run;
mod support;
mod undefined;
