//! CIFAR-100, in its binary version or as torchvision unpacks it: the fine labels.

use std::collections::BTreeSet;
use std::path::Path;

use super::cifar_set::CifarSet;
use super::{Set, Takes};
use crate::data::files::layout::Layout;
use crate::data::formats::cifar::{Records, bounded};
use crate::data::formats::pickle::Pickle;
use crate::data::published::{Archive, ArchiveFormat, KnownFile, Packaging, Published};
use crate::data::{DataError, DataSet, Request};

pub const SET: Set = Set {
    name: PUBLISHED.name,
    about: "photographs of things, plants and animals: 50,000 + 10,000 colour images of 32 x 32 pixels, 100 classes",
    takes: Takes::Nothing,
    published: Some(&PUBLISHED),
    load,
};

const CIFAR100: CifarSet = CifarSet {
    binary: Layout {
        published: &PUBLISHED,
        folder: PUBLISHED.folder,
        files: &["train.bin", "test.bin"],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        same_files: &[],
    },
    pickled: Layout {
        published: &PUBLISHED,
        folder: "cifar-100-python",
        files: &["train", "test"],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        same_files: &[],
    },
    records: Records { labels: &["coarse_labels", "fine_labels"] },
    counts: &[50_000, 10_000],
};

/// The file with the names of the classes beside the binary version.
const NAMES: &str = "fine_label_names.txt";
/// The file with the names of the classes beside the pickled version.
const META: &str = "meta";
/// The most bytes of a file with names: far more than a hundred names take.
const MOST_BYTES: usize = 1 << 16;

/// The names of the classes, for a set without the file that has them.
#[rustfmt::skip]
const CLASSES: [&str; 100] = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle",
    "bicycle", "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel",
    "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud",
    "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant",
    "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
    "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree",
    "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter",
    "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
    "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea",
    "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television",
    "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
];

/// What is known of the published files.
///
/// Beside the records there are two lists of classes. The archive's checksum is as in TensorFlow Datasets
/// (`url_checksums/cifar100.txt`), those of the files in it as in torchvision-ruby (`lib/torchvision/datasets/`).
const PUBLISHED: Published<'static> = Published {
    name: "cifar100",
    folder: "cifar-100-binary",
    sources: &["https://www.cs.toronto.edu/~kriz/"],
    packaging: Packaging::Archive(Archive {
        file: KnownFile {
            name: "cifar-100-binary.tar.gz",
            size: 168_513_733,
            sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        },
        format: ArchiveFormat::TarGz,
        most_entries: 32,
        most_bytes: 200_000_000,
        files: &[
            KnownFile {
                name: "train.bin",
                size: 153_700_000,
                sha256: "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
            },
            KnownFile {
                name: "test.bin",
                size: 30_740_000,
                sha256: "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
            },
        ],
        counts: &[],
    }),
};

fn load(request: &Request) -> Result<DataSet, DataError> {
    CIFAR100.load(request, classes)
}

fn classes(layout: &Layout, folder: &Path) -> Result<Vec<String>, DataError> {
    let pickled = layout.folder == CIFAR100.pickled.folder;
    let path = folder.join(if pickled { META } else { NAMES });
    if !path.exists() {
        return Ok(CLASSES.map(str::to_owned).to_vec());
    }
    let bytes = bounded(&path, MOST_BYTES)?;
    let names = if pickled { Pickle::read(&path, &bytes)?.texts("fine_label_names")? } else { lines(&bytes) };
    let different = names.iter().collect::<BTreeSet<_>>().len();
    if names.len() != CLASSES.len() || different != CLASSES.len() {
        let expected = format!("{} different names of classes", CLASSES.len());
        let found = format!("{} names, {different} of them different", names.len());
        return Err(DataError::Content { path, expected, found });
    }
    Ok(names)
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
