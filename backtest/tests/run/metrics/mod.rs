//! Statistics of whole runs: worked examples, laws, and the table of what has no
//! value.

mod days;
mod laws;

mod reliability;
mod run;
mod support;
mod undefined;
