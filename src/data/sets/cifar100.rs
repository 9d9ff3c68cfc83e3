//! CIFAR-100, in its binary version or as torchvision unpacks it: the fine labels.

use std::collections::BTreeSet;
use std::path::Path;

use super::cifar::{Cifar, bounded};
use super::pickle::Pickle;
use super::roots::Layout;
use super::{DataError, DataSet, Request, Set};

pub const SET: Set = Set {
    name: "cifar100",
    about: "photographs of things, plants and animals: 50,000 + 10,000 colour images of 32 x 32 pixels, 100 classes",
    takes_path: false,
    load,
};

pub const CIFAR100: Cifar = Cifar {
    binary: Layout {
        set: SET.name,
        folder: "cifar-100-binary",
        files: &["train.bin", "test.bin"],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    },
    pickled: Layout {
        set: SET.name,
        folder: "cifar-100-python",
        files: &["train", "test"],
        gzip: false,
        origin: "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    },
    labels: &["coarse_labels", "fine_labels"],
    most: &[50_000, 10_000],
};

/// The file with the names of the classes beside the binary version.
const NAMES: &str = "fine_label_names.txt";
/// The file with the names of the classes beside the pickled version.
const META: &str = "meta";
/// Far more than a hundred names take.
const MOST_BYTES: usize = 1 << 16;

/// Their names where the file with them is not there.
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
