//! `lcnnc data`: the published data sets, fetched, listed and checked.

use super::transfer::Transfer;
use super::values::folder;
use clap::Subcommand;
use indicatif::DecimalBytes;
use lcnnc::data::fetch::{self, FetchError, FetchOptions, Outcome};
use lcnnc::data::published::Published;
use lcnnc::data::sets::{SETS, published, published_as};
use lcnnc::train::{Console, TrainError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Fetch data sets, list them, or check those that are there.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    #[command(subcommand)]
    verb: DataVerb,
}

#[derive(Debug, Subcommand)]
enum DataVerb {
    /// Fetch sets over https, check them against their published checksums, and lay them out as torchvision does
    Fetch {
        /// The sets; `lcnnc data list` names them
        #[arg(required = true, value_name = "SET")]
        sets: Vec<String>,
        /// Where to put them [default: $LCNNC_DATA, else ./data if it is there, else the user's cache]
        #[arg(long, value_name = "DIR", value_parser = folder())]
        data_root: Option<PathBuf>,
        /// A mirror: the address of a folder that holds the files; with https, or at this machine itself
        #[arg(long, value_name = "URL")]
        from: Option<String>,
    },
    /// List every set: what it is, and where it lies or how much there is to fetch
    List {
        /// Where to look [default: $LCNNC_DATA, ./data and the user's cache]
        #[arg(long, value_name = "DIR", value_parser = folder())]
        data_root: Option<PathBuf>,
    },
    /// Check the files that are there against the published sizes and checksums
    Verify {
        /// The sets [default: those that are there]
        #[arg(value_name = "SET")]
        sets: Vec<String>,
        /// Where to look [default: $LCNNC_DATA, ./data and the user's cache]
        #[arg(long, value_name = "DIR", value_parser = folder())]
        data_root: Option<PathBuf>,
    },
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        match self.verb {
            DataVerb::Fetch { sets, data_root, from } => {
                let sets = named(&sets)?;
                let root = fetch::root(data_root.as_deref())?;
                let options = FetchOptions { from, ..FetchOptions::default() };
                Ok(all(&sets, |set| fetch_one(set, &root, &options)))
            }
            DataVerb::List { data_root } => {
                list(data_root.as_deref());
                Ok(ExitCode::SUCCESS)
            }
            DataVerb::Verify { sets, data_root } => {
                let root = data_root.as_deref();
                let is_there = |set: &&'static Published| fetch::locate(set, root).is_ok();
                let sets = if sets.is_empty() { published().filter(is_there).collect() } else { named(&sets)? };
                if sets.is_empty() {
                    Console::new()
                        .warn("error: there is no set to check; `lcnnc data list` says where they are looked for");
                    return Ok(ExitCode::from(2));
                }
                Ok(all(&sets, |set| verify_one(set, root)))
            }
        }
    }
}

fn named(names: &[String]) -> Result<Vec<&'static Published<'static>>, FetchError> {
    names.iter().map(|name| published_as(name)).collect()
}

/// Does the same for each set, whether the others are fine or not.
fn all(sets: &[&Published], mut is_fine: impl FnMut(&Published) -> Result<bool, FetchError>) -> ExitCode {
    let mut code = 0;
    for set in sets {
        match is_fine(set) {
            Ok(true) => {}
            Ok(false) => code = 2,
            Err(error) => {
                super::complain(&error.into());
                code = 2;
            }
        }
    }
    ExitCode::from(code)
}

fn fetch_one(set: &Published, root: &Path, options: &FetchOptions) -> Result<bool, FetchError> {
    let outcome = fetch::fetch(set, root, options, &mut Transfer::new())?;
    let folder = root.join(set.folder);
    let text = match outcome {
        Outcome::Fetched => format!("fetched to {}", folder.display()),
        Outcome::WasThere => format!("was there already, and is as published: {}", folder.display()),
    };
    Console::new().line(&format!("{}: {text}", set.name));
    Ok(true)
}

fn verify_one(set: &Published, root: Option<&Path>) -> Result<bool, FetchError> {
    let console = Console::new();
    let findings = fetch::verify(set, &fetch::locate(set, root)?)?;
    findings.iter().for_each(|finding| console.line(&finding.to_string()));
    let bad = findings.iter().filter(|finding| finding.difference.is_some()).count();
    let says = match (bad, findings.iter().any(|finding| finding.files.is_some())) {
        (0, false) => "as published".to_owned(),
        (0, true) => "complete; no checksums of its files are published".to_owned(),
        _ => format!(
            "{bad} of {} not as published; move them away and run `lcnnc data fetch {}`",
            findings.len(),
            set.name
        ),
    };
    console.line(&format!("{}: {says}", set.name));
    Ok(bad == 0)
}

fn list(root: Option<&Path>) {
    let console = Console::new();
    for set in SETS {
        let place = set.published.map_or_else(|| "nothing to fetch".to_owned(), |published| place(published, root));
        console.line(&format!("{}: {}\n    {place}", set.spelling(), set.about));
    }
}

/// Says where a set lies, or how much there is to fetch.
fn place(set: &Published, root: Option<&Path>) -> String {
    if let Ok(folder) = fetch::locate(set, root) {
        return match fetch::missing(set, &folder) {
            (0, _) => format!("in {}", folder.display()),
            (missing, all) => format!("in {}, but {missing} of {all} parts are missing", folder.display()),
        };
    }
    let begun = fetch::root(root).map_or(0, |root| fetch::begun(set, &root));
    let size = DecimalBytes(set.size());
    match begun {
        0 => format!("absent, {size} to fetch"),
        begun => format!("absent, {} of {size} fetched", DecimalBytes(begun)),
    }
}
