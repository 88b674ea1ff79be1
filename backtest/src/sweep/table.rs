//! The results of a sweep as a table, and the best of them.
