//! MNIST: handwritten digits, 28 x 28, 60,000 to train with and 10,000 to test.

use super::idx_set::{self, FILES};
use super::{Set, Takes};
use crate::data::files::layout::Layout;
use crate::data::published::{CompressedFile, KnownFile, Packaging, Published};
use crate::data::{DataError, DataSet, Request};

pub const SET: Set = Set {
    name: PUBLISHED.name,
    about: "handwritten digits: 60,000 + 10,000 grey images of 28 x 28 pixels, 10 classes",
    takes: Takes::Nothing,
    published: Some(&PUBLISHED),
    load,
};

const LAYOUT: Layout = Layout {
    published: &PUBLISHED,
    folder: PUBLISHED.folder,
    files: FILES,
    gzip: true,
    origin: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    same_files: &["fashion-mnist"],
};

const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// What is known of the published files.
///
/// The checksums were calculated from files whose MD5 are the published ones.
const PUBLISHED: Published<'static> = Published {
    name: "mnist",
    folder: "MNIST/raw",
    sources: &["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"],
    packaging: Packaging::Files(&[
        CompressedFile {
            packed: KnownFile {
                name: "train-images-idx3-ubyte.gz",
                size: 9_912_422,
                sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            },
            plain: KnownFile {
                name: "train-images-idx3-ubyte",
                size: 47_040_016,
                sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            },
        },
        CompressedFile {
            packed: KnownFile {
                name: "train-labels-idx1-ubyte.gz",
                size: 28_881,
                sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            },
            plain: KnownFile {
                name: "train-labels-idx1-ubyte",
                size: 60_008,
                sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            },
        },
        CompressedFile {
            packed: KnownFile {
                name: "t10k-images-idx3-ubyte.gz",
                size: 1_648_877,
                sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            },
            plain: KnownFile {
                name: "t10k-images-idx3-ubyte",
                size: 7_840_016,
                sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            },
        },
        CompressedFile {
            packed: KnownFile {
                name: "t10k-labels-idx1-ubyte.gz",
                size: 4_542,
                sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            },
            plain: KnownFile {
                name: "t10k-labels-idx1-ubyte",
                size: 10_008,
                sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
        },
    ]),
};

fn load(request: &Request) -> Result<DataSet, DataError> {
    idx_set::load(&LAYOUT, &CLASSES, request)
}
