//! What a run's net answers to images of known classes: class by class, image by image, with other numbers of steps, and with lesions.
//!
//! | file | holds |
//! |---|---|
//! | `answer` | what one row of scores says: the class, its rank, probabilities |
//! | `rows` | tables whose columns depend on the net, as text, CSV and JSON |
//! | `report` | accuracy, loss, accuracy of each class and of each step, and the confusion matrix |
//! | `per_image` | a line for each image |
//! | `over_steps` | the trained weights with other numbers of steps |
//! | `lesion` | what is set to zero, and random lesions of the same size |
//! | `lesion_study` | the intact net beside the one with lesions and beside random lesions |

mod answer;
mod lesion;
mod lesion_study;
mod over_steps;
mod per_image;
mod report;
mod rows;

pub use lesion::Lesion;
pub use lesion_study::{Study, study};
pub use over_steps::{OtherSteps, Over, OverSteps};
pub use per_image::{Line, PerImage};
pub use report::{Report, report};
pub use rows::Rows;
