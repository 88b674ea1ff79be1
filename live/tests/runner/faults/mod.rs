//! Faults that other trading programs were found to have, each as what happens here
//! instead. Those that types rule out, and those of the simulation, are elsewhere.

mod lists;
mod orders;
mod restarts;
mod strategies;
