//! Fashion-MNIST: pieces of clothing in the layout of MNIST (Xiao, Rasul & Vollgraf, 2017).

use super::roots::Layout;
use super::{Set, idx};

pub const SET: Set = Set {
    name: "fashion-mnist",
    about: "pieces of clothing: 60,000 + 10,000 grey images of 28 x 28 pixels, 10 classes",
    takes_path: false,
    load: |request| idx::load(&LAYOUT, &CLASSES, request),
};

pub const LAYOUT: Layout = Layout {
    set: "fashion-mnist",
    folder: "FashionMNIST/raw",
    files: idx::FILES,
    gzip: true,
    origin: "https://fashion-mnist.s3.eu-central-1.amazonaws.com/ (or Debian's package dataset-fashion-mnist)",
};

const CLASSES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];
