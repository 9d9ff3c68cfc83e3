//! CIFAR-10, in its binary version or as torchvision unpacks it.

use super::cifar_set::CifarSet;
use super::{Set, Takes};
use crate::data::files::layout::Layout;
use crate::data::formats::cifar::Records;
use crate::data::published::{Archive, ArchiveFormat, KnownFile, Packaging, Published};
use crate::data::{DataError, DataSet, Request};

pub const SET: Set = Set {
    name: PUBLISHED.name,
    about: "photographs of things and animals: 50,000 + 10,000 colour images of 32 x 32 pixels, 10 classes",
    takes: Takes::Nothing,
    published: Some(&PUBLISHED),
    load,
};

const CIFAR10: CifarSet = CifarSet {
    binary: Layout {
        published: &PUBLISHED,
        folder: PUBLISHED.folder,
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
        same_files: &[],
    },
    pickled: Layout {
        published: &PUBLISHED,
        folder: "cifar-10-batches-py",
        files: &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        same_files: &[],
    },
    records: Records { labels: &["labels"] },
    counts: &[10_000; 6],
};

const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// What is known of the published files.
///
/// Beside the records there are a list of the classes and a link to the set's page. The archive's checksum is as in
/// TensorFlow Datasets (`url_checksums/cifar10.txt`), those of the files in it as in torchvision-ruby
/// (`lib/torchvision/datasets/`).
const PUBLISHED: Published<'static> = Published {
    name: "cifar10",
    folder: "cifar-10-batches-bin",
    sources: &["https://www.cs.toronto.edu/~kriz/"],
    packaging: Packaging::Archive(Archive {
        file: KnownFile {
            name: "cifar-10-binary.tar.gz",
            size: 170_052_171,
            sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        },
        format: ArchiveFormat::TarGz,
        most_entries: 32,
        most_bytes: 200_000_000,
        files: &[
            KnownFile {
                name: "data_batch_1.bin",
                size: 30_730_000,
                sha256: "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            },
            KnownFile {
                name: "data_batch_2.bin",
                size: 30_730_000,
                sha256: "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            },
            KnownFile {
                name: "data_batch_3.bin",
                size: 30_730_000,
                sha256: "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            },
            KnownFile {
                name: "data_batch_4.bin",
                size: 30_730_000,
                sha256: "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            },
            KnownFile {
                name: "data_batch_5.bin",
                size: 30_730_000,
                sha256: "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            },
            KnownFile {
                name: "test_batch.bin",
                size: 30_730_000,
                sha256: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
            },
        ],
        counts: &[],
    }),
};

fn load(request: &Request) -> Result<DataSet, DataError> {
    CIFAR10.load(request, |_, _| Ok(CLASSES.map(str::to_owned).to_vec()))
}
