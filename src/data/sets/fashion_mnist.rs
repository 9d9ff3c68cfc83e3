//! Fashion-MNIST: pieces of clothing in the layout of MNIST (Xiao, Rasul & Vollgraf, 2017).

use super::idx_set::{self, FILES};
use super::{Set, Takes};
use crate::data::files::layout::Layout;
use crate::data::published::{CompressedFile, KnownFile, Packaging, Published};
use crate::data::{DataError, DataSet, Request};

pub const SET: Set = Set {
    name: PUBLISHED.name,
    about: "pieces of clothing: 60,000 + 10,000 grey images of 28 x 28 pixels, 10 classes",
    takes: Takes::Nothing,
    published: Some(&PUBLISHED),
    load,
};

const LAYOUT: Layout = Layout {
    published: &PUBLISHED,
    folder: PUBLISHED.folder,
    files: FILES,
    gzip: true,
    origin: "https://fashion-mnist.s3.eu-central-1.amazonaws.com/ (or Debian's package dataset-fashion-mnist)",
    same_files: &["mnist"],
};

const CLASSES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// What is known of the published files.
///
/// The address in the paper is without TLS; these are the authors' bucket with it, and their repository. The checksums
/// were calculated from files whose MD5 are the published ones.
const PUBLISHED: Published<'static> = Published {
    name: "fashion-mnist",
    folder: "FashionMNIST/raw",
    sources: &[
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    packaging: Packaging::Files(&[
        CompressedFile {
            packed: KnownFile {
                name: "train-images-idx3-ubyte.gz",
                size: 26_421_880,
                sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            },
            plain: KnownFile {
                name: "train-images-idx3-ubyte",
                size: 47_040_016,
                sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            },
        },
        CompressedFile {
            packed: KnownFile {
                name: "train-labels-idx1-ubyte.gz",
                size: 29_515,
                sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            },
            plain: KnownFile {
                name: "train-labels-idx1-ubyte",
                size: 60_008,
                sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            },
        },
        CompressedFile {
            packed: KnownFile {
                name: "t10k-images-idx3-ubyte.gz",
                size: 4_422_102,
                sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            },
            plain: KnownFile {
                name: "t10k-images-idx3-ubyte",
                size: 7_840_016,
                sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            },
        },
        CompressedFile {
            packed: KnownFile {
                name: "t10k-labels-idx1-ubyte.gz",
                size: 5_148,
                sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            },
            plain: KnownFile {
                name: "t10k-labels-idx1-ubyte",
                size: 10_008,
                sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            },
        },
    ]),
};

fn load(request: &Request) -> Result<DataSet, DataError> {
    idx_set::load(&LAYOUT, &CLASSES, request)
}
