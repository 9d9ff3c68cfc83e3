//! The sets that can be fetched: where they are published, how large their files are, and their checksums.
//!
//! Where the numbers are from: those of the idx files were calculated from files whose MD5 are the published ones. The
//! archives of CIFAR are as in TensorFlow Datasets (`url_checksums/cifar10.txt` and `cifar100.txt`), the files in them
//! as in torchvision-ruby (`lib/torchvision/datasets/`). Stanford publishes no checksum of Tiny ImageNet: several who
//! fetched it, over https too, give the same one, and the 120,609 entries of the archive are the files and folders
//! that are counted here.

use super::published::{Archive, Contents, Format, Kept, Known, Published};
use crate::data::{cifar10, cifar100, fashion_mnist, mnist, tiny_imagenet};

/// Every set that can be fetched.
pub const PUBLISHED: &[Published<'static>] = &[MNIST, FASHION_MNIST, CIFAR10, CIFAR100, TINY_IMAGENET];

const TORONTO: &[&str] = &["https://www.cs.toronto.edu/~kriz/"];

const MNIST: Published<'static> = Published {
    name: "mnist",
    about: mnist::SET.about,
    folder: mnist::LAYOUT.folder,
    sources: &["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"],
    contents: Contents::Files(&[
        Kept {
            packed: Known {
                name: "train-images-idx3-ubyte.gz",
                size: 9_912_422,
                sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            },
            plain: Known {
                name: "train-images-idx3-ubyte",
                size: 47_040_016,
                sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            },
        },
        Kept {
            packed: Known {
                name: "train-labels-idx1-ubyte.gz",
                size: 28_881,
                sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            },
            plain: Known {
                name: "train-labels-idx1-ubyte",
                size: 60_008,
                sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            },
        },
        Kept {
            packed: Known {
                name: "t10k-images-idx3-ubyte.gz",
                size: 1_648_877,
                sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            },
            plain: Known {
                name: "t10k-images-idx3-ubyte",
                size: 7_840_016,
                sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            },
        },
        Kept {
            packed: Known {
                name: "t10k-labels-idx1-ubyte.gz",
                size: 4_542,
                sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            },
            plain: Known {
                name: "t10k-labels-idx1-ubyte",
                size: 10_008,
                sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
        },
    ]),
};

/// The address in the paper is without TLS; these are the authors' bucket with it, and their repository.
const FASHION_MNIST: Published<'static> = Published {
    name: "fashion-mnist",
    about: fashion_mnist::SET.about,
    folder: fashion_mnist::LAYOUT.folder,
    sources: &[
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    contents: Contents::Files(&[
        Kept {
            packed: Known {
                name: "train-images-idx3-ubyte.gz",
                size: 26_421_880,
                sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            },
            plain: Known {
                name: "train-images-idx3-ubyte",
                size: 47_040_016,
                sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            },
        },
        Kept {
            packed: Known {
                name: "train-labels-idx1-ubyte.gz",
                size: 29_515,
                sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            },
            plain: Known {
                name: "train-labels-idx1-ubyte",
                size: 60_008,
                sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            },
        },
        Kept {
            packed: Known {
                name: "t10k-images-idx3-ubyte.gz",
                size: 4_422_102,
                sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            },
            plain: Known {
                name: "t10k-images-idx3-ubyte",
                size: 7_840_016,
                sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            },
        },
        Kept {
            packed: Known {
                name: "t10k-labels-idx1-ubyte.gz",
                size: 5_148,
                sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            },
            plain: Known {
                name: "t10k-labels-idx1-ubyte",
                size: 10_008,
                sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            },
        },
    ]),
};

/// Beside the records there are a list of the classes and a link to the set's page.
const CIFAR10: Published<'static> = Published {
    name: "cifar10",
    about: cifar10::SET.about,
    folder: cifar10::CIFAR10.binary.folder,
    sources: TORONTO,
    contents: Contents::Archive(Archive {
        file: Known {
            name: "cifar-10-binary.tar.gz",
            size: 170_052_171,
            sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        },
        format: Format::TarGz,
        most_entries: 32,
        most_bytes: 200_000_000,
        files: &[
            Known {
                name: "data_batch_1.bin",
                size: 30_730_000,
                sha256: "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            },
            Known {
                name: "data_batch_2.bin",
                size: 30_730_000,
                sha256: "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            },
            Known {
                name: "data_batch_3.bin",
                size: 30_730_000,
                sha256: "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            },
            Known {
                name: "data_batch_4.bin",
                size: 30_730_000,
                sha256: "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            },
            Known {
                name: "data_batch_5.bin",
                size: 30_730_000,
                sha256: "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            },
            Known {
                name: "test_batch.bin",
                size: 30_730_000,
                sha256: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
            },
        ],
        counts: &[],
    }),
};

/// Beside the records there are two lists of classes.
const CIFAR100: Published<'static> = Published {
    name: "cifar100",
    about: cifar100::SET.about,
    folder: cifar100::CIFAR100.binary.folder,
    sources: TORONTO,
    contents: Contents::Archive(Archive {
        file: Known {
            name: "cifar-100-binary.tar.gz",
            size: 168_513_733,
            sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        },
        format: Format::TarGz,
        most_entries: 32,
        most_bytes: 200_000_000,
        files: &[
            Known {
                name: "train.bin",
                size: 153_700_000,
                sha256: "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
            },
            Known {
                name: "test.bin",
                size: 30_740_000,
                sha256: "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
            },
        ],
        counts: &[],
    }),
};

/// JPEG does not shrink in a zip: what comes out is about as large as the archive.
const TINY_IMAGENET: Published<'static> = Published {
    name: "tiny-imagenet",
    about: tiny_imagenet::SET.about,
    folder: tiny_imagenet::LAYOUT.folder,
    sources: &["https://cs231n.stanford.edu/"],
    contents: Contents::Archive(Archive {
        file: Known {
            name: "tiny-imagenet-200.zip",
            size: 248_100_043,
            sha256: "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
        },
        format: Format::Zip,
        most_entries: 130_000,
        most_bytes: 600_000_000,
        files: &[],
        // In `train` each of 200 classes has 500 images and a list of boxes; in `val` there is a list of labels.
        counts: &[("train", 100_200), ("val", 10_001), ("test", 10_000)],
    }),
};
