//! CIFAR-10, in its binary version or as torchvision unpacks it.

use super::cifar::Cifar;
use super::roots::Layout;
use super::{DataError, DataSet, Request, Set};

pub const SET: Set = Set {
    name: "cifar10",
    about: "photographs of things and animals: 50,000 + 10,000 colour images of 32 x 32 pixels, 10 classes",
    takes_path: false,
    load,
};

pub const CIFAR10: Cifar = Cifar {
    binary: Layout {
        set: SET.name,
        folder: "cifar-10-batches-bin",
        files: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
            "test_batch.bin",
        ],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    },
    pickled: Layout {
        set: SET.name,
        folder: "cifar-10-batches-py",
        files: &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    },
    labels: &["labels"],
    most: &[10_000; 6],
};

const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

fn load(request: &Request) -> Result<DataSet, DataError> {
    CIFAR10.load(request, |_, _| Ok(CLASSES.map(str::to_owned).to_vec()))
}
