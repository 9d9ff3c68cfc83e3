pub mod diag;
pub mod ir;
pub mod kinds;
pub mod schema;
pub mod syntax;
