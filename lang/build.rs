//! Makes a list of the specs in `lang/tests/diagnostics/`, the examples of `lcnnc explain`: a file dropped there is on
//! it.

// A build script reads files and its environment.
#![allow(clippy::disallowed_methods)]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

const FOLDER: &str = "tests/diagnostics";

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    println!("cargo::rerun-if-changed={FOLDER}");
    let entries = fs::read_dir(Path::new(&root).join(FOLDER))?;
    let mut names: Vec<String> =
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<_>>()?;
    names.sort();
    let mut list = String::from("&[\n");
    for name in &names {
        // `L0101.bad.lcnn`; further examples of a code, such as `L0101b`, are for the tests alone.
        let Some((code, ending)) = name.split_once(".bad.").filter(|(code, _)| code.len() == 5) else { continue };
        let path =
            |which: &str| format!("{:?}", Path::new(&root).join(FOLDER).join(format!("{code}.{which}.{ending}")));
        let (bad, fixed) = (path("bad"), path("fixed"));
        writeln!(list, "    Example {{ code: {code:?}, bad: include_str!({bad}), fixed: include_str!({fixed}) }},")
            .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&out).join("examples.rs"), list)
}
