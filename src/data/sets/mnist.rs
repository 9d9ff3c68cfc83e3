//! MNIST: handwritten digits, 28 x 28, 60,000 to train with and 10,000 to test.

use super::roots::Layout;
use super::{Set, idx};

pub const SET: Set = Set {
    name: "mnist",
    about: "handwritten digits: 60,000 + 10,000 grey images of 28 x 28 pixels, 10 classes",
    takes_path: false,
    load: |request| idx::load(&LAYOUT, &CLASSES, request),
};

pub const LAYOUT: Layout = Layout {
    set: "mnist",
    folder: "MNIST/raw",
    files: idx::FILES,
    gzip: true,
    origin: "https://ossci-datasets.s3.amazonaws.com/mnist/",
};

const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
