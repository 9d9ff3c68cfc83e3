//! Natural Images (Roy, Ghosh, Bhattacharya & Pal, 2018): photographs of eight classes, with the halves of Park, Zhang & Choe (2025). The set
//! comes from a site that asks for an account, so it is laid out by hand.

use super::{Set, Takes, folder};
use crate::data::files::data_roots::places;
use crate::data::{DataError, DataSet, ImageSource, Request};
use std::path::Path;

pub const SET: Set = Set {
    name: "natural-images",
    about: "photographs of 8 classes, 6,000 + 800 colour images of several sizes, as Park, Zhang & Choe (2025) divide them; laid out by hand",
    takes: Takes::Nothing,
    published: None,
    load,
};

const FOLDER: &str = "natural-images";
const CLASSES: usize = 8;
/// How many images the training half and the test half have.
const HALVES: [(&str, usize); 2] = [("train", 6_000), ("test", 800)];

fn load(request: &Request) -> Result<DataSet, DataError> {
    let places = places(request.root.as_deref());
    let of_set =
        places.iter().filter_map(|place| Some(place.root.as_ref()?.join(FOLDER))).find(|folder| folder.is_dir());
    let Some(root) = of_set else {
        return Err(DataError::NotFound {
            set: SET.name,
            expected: format!("{FOLDER}/{}", HALVES[0].0),
            places: places.iter().map(|place| format!("\n  {}", place.describe())).collect(),
            elsewhere: String::new(),
            fetch: format!(
                "unpack `natural-images` by Prasun Roy, from https://www.kaggle.com/datasets/prasunroy/natural-images, and move 100 pictures of \
                 each class to {FOLDER}/test/CLASS and 6,000 of the others to {FOLDER}/train/CLASS, under a data root"
            ),
        });
    };
    let set = (folder::SET.load)(&Request { path: Some(root.clone()), ..request.clone() })?;
    if set.classes.len() != CLASSES {
        let problem = format!("the set has {CLASSES} classes, and there are {}", set.classes.len());
        let remedy = format!(
            "lay it out with {CLASSES} folders in each half, or name other pictures `folder:{}`",
            root.display()
        );
        return Err(DataError::Classes { path: root, problem, remedy });
    }
    if !request.allow.other_count {
        counted(&root, [set.train.as_ref(), set.test.as_ref()])?;
    }
    Ok(DataSet { name: SET.name.to_owned(), ..set })
}

/// Refuses halves of another size than the paper's.
fn counted(root: &Path, halves: [&dyn ImageSource; 2]) -> Result<(), DataError> {
    for ((half, expected), found) in HALVES.into_iter().zip(halves.map(ImageSource::len)) {
        if found != expected {
            let cause =
                Box::new(DataError::Count { path: root.join(half), expected: format!("{expected} images"), found });
            let remedy =
                "move pictures from one half to the other, or take it as it is: `--allow-other-count`".to_owned();
            return Err(DataError::Damaged { cause, remedy });
        }
    }
    Ok(())
}
