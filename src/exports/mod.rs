//! Nets for other programs, where more than one file is to be written.

pub mod brainscore;
