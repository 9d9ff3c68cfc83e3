//! The activity of a trained net: any named value, at any step, for any images, as arrays in a file.
//!
//! | file | holds |
//! |---|---|
//! | `asked` | which values are meant, in the words of the language: `A`, `O@3`, `O@all` |
//! | `arrays` | files of arrays that numpy reads: `.npy`, `.npz` and `.safetensors` |
//! | `export` | a file of arrays of what a net makes of some images, batch after batch |

mod arrays;
mod asked;
mod export;

pub use arrays::{Array, ArrayFormat, Numbers};
pub use asked::{Asked, Place, Unasked};
pub use export::{Exported, bytes, export, write_npy};
