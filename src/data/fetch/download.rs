//! The download of one file from one of several sources: attempts go on from what is there, until the file is whole and
//! as published.

use std::io::{self, Read};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Instant;

use ureq::http::{Response, Uri, header};
use ureq::{Body, Error};

use super::FetchWatcher;
use super::error::{FetchError, Trouble};
use super::partial_file::PartialFile;
use super::transport::{Agents, RetryPolicy, is_part, trouble};
use crate::data::published::KnownFile;

/// Bytes that make an attempt no failure, however it ends: slow connections break often.
const WORTHWHILE: u64 = 1 << 20;
const CHUNK: usize = 1 << 16;

/// Why an attempt ended early: something here, which no other attempt mends, or something there.
enum AttemptEnd {
    Here(FetchError),
    There(Trouble),
}

impl From<FetchError> for AttemptEnd {
    fn from(error: FetchError) -> Self {
        Self::Here(error)
    }
}

impl From<Trouble> for AttemptEnd {
    fn from(trouble: Trouble) -> Self {
        Self::There(trouble)
    }
}

/// A file that is to be fetched, and where from.
pub struct Download<'a> {
    pub known: KnownFile<'a>,
    pub part: PathBuf,
    /// The address of the file at each source.
    pub sources: Vec<Uri>,
    pub agents: &'a Agents,
    pub retry: RetryPolicy,
}

impl Download<'_> {
    /// Fetches the file from the first source that has it. It comes back checked, and still under its name for parts.
    pub fn run(&self, watch: &mut dyn FetchWatcher) -> Result<PartialFile, FetchError> {
        let mut part = PartialFile::open(self.part.clone())?;
        if part.len > self.known.size {
            part.restart()?;
        }
        watch.begin(self.known.name, part.len, self.known.size);
        let result = self.any_source(&mut part, watch);
        watch.end();
        match result {
            Ok(None) => Ok(part),
            Ok(Some(troubles)) => {
                let advice = advice(&part);
                if part.len == 0 {
                    part.remove()?;
                }
                Err(FetchError::Failed { file: self.known.name.to_owned(), troubles, advice })
            }
            Err(error) => Err(error),
        }
    }

    /// Tries the sources in turn until one gives the file; otherwise says what went wrong at each.
    fn any_source(
        &self,
        part: &mut PartialFile,
        watch: &mut dyn FetchWatcher,
    ) -> Result<Option<Vec<(String, Trouble)>>, FetchError> {
        let mut troubles = Vec::new();
        for source in &self.sources {
            match self.one_source(source, part, watch)? {
                None => return Ok(None),
                Some(trouble) => {
                    watch.note(&format!("{source}: {trouble}"));
                    troubles.push((source.to_string(), trouble));
                }
            }
        }
        Ok(Some(troubles))
    }

    fn one_source(
        &self,
        source: &Uri,
        part: &mut PartialFile,
        watch: &mut dyn FetchWatcher,
    ) -> Result<Option<Trouble>, FetchError> {
        let (mut failures, mut pause, mut goes_on) = (0, self.retry.pause, true);
        loop {
            let before = part.len;
            let trouble = match self.attempt(source, part, goes_on, watch) {
                Ok(()) => return Ok(None),
                Err(AttemptEnd::Here(error)) => return Err(error),
                Err(AttemptEnd::There(trouble)) => trouble,
            };
            if part.len >= before + WORTHWHILE {
                (failures, pause) = (0, self.retry.pause);
            }
            failures += 1;
            if failures >= self.retry.attempts || !trouble.may_pass() {
                return Ok(Some(trouble));
            }
            // A server that is at odds with what is there is asked for the whole.
            goes_on = !matches!(trouble, Trouble::Range { .. } | Trouble::NoRange { .. });
            watch.note(&format!("{source}: {trouble}; once more in {} s", pause.as_secs_f64()));
            sleep(pause);
            pause *= 2;
        }
    }

    fn attempt(
        &self,
        source: &Uri,
        part: &mut PartialFile,
        goes_on: bool,
        watch: &mut dyn FetchWatcher,
    ) -> Result<(), AttemptEnd> {
        let begun = part.len > 0 && goes_on;
        if part.len < self.known.size || !goes_on {
            let from = if goes_on { part.len } else { 0 };
            let response = self.agents.get(source, from)?;
            if from > 0 && response.status().as_u16() == 416 {
                return Err(Trouble::NoRange { from }.into());
            }
            if is_part(&response)? {
                check_range(&response, from, self.known.size)?;
            } else {
                self.check_whole(&response)?;
                part.restart()?;
            }
            self.receive(response.into_body(), part, watch)?;
        }
        part.check(&self.known, begun)?.map_or(Ok(()), |trouble| Err(trouble.into()))
    }

    /// Whether an answer that is to be the whole file can be it.
    fn check_whole(&self, response: &Response<Body>) -> Result<(), Trouble> {
        if text(response, header::CONTENT_TYPE).to_ascii_lowercase().starts_with("text/html") {
            return Err(Trouble::Html);
        }
        let expected = self.known.size;
        match response.body().content_length() {
            Some(found) if found != expected => Err(Trouble::Length { expected, found }),
            _ => Ok(()),
        }
    }

    /// Writes what comes behind what is there; never more than the file has.
    fn receive(&self, body: Body, part: &mut PartialFile, watch: &mut dyn FetchWatcher) -> Result<(), AttemptEnd> {
        let mut body = body.into_reader();
        let mut chunk = vec![0; CHUNK];
        let (mut since, mut before) = (Instant::now(), part.len);
        loop {
            let count = match body.read(&mut chunk) {
                Ok(count) => count,
                Err(error) => return Err(self.cut(error, part.len).into()),
            };
            let bytes = &chunk[..count];
            if part.len == 0 && is_page(bytes) {
                return Err(Trouble::Html.into());
            }
            let size = self.known.size;
            match (bytes.len() as u64, size - part.len) {
                (0, 0) => return Ok(()),
                (0, _) => return Err(Trouble::Cut { found: part.len, size }.into()),
                (count, left) if count > left => {
                    // It is another file, and so is what came of it.
                    part.restart()?;
                    return Err(Trouble::Longer { expected: size }.into());
                }
                _ => part.append(bytes)?,
            }
            watch.at(part.len);
            let time = since.elapsed();
            if time >= self.retry.stall {
                let (bytes, least) = (part.len - before, self.retry.least);
                if bytes < least {
                    return Err(Trouble::Slow { bytes, least, time }.into());
                }
                (since, before) = (Instant::now(), part.len);
            }
        }
    }

    /// Translates an error while a body is read into a [`Trouble`].
    fn cut(&self, error: io::Error, found: u64) -> Trouble {
        match Error::from(error) {
            Error::Timeout(_) => Trouble::Stalled(self.retry.stall),
            Error::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => trouble(Error::Io(error), self.retry),
            _ => Trouble::Cut { found, size: self.known.size },
        }
    }
}

/// Whether bytes begin a web page; no archive does.
fn is_page(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    ["<!doctype html", "<html"].iter().any(|tag| {
        let head = start.get(..tag.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

/// Whether a part of a file is the part that was asked for, of the file that is known.
fn check_range(response: &Response<Body>, from: u64, size: u64) -> Result<(), Trouble> {
    let found = text(response, header::CONTENT_RANGE);
    let fits = || {
        let (range, whole) = found.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let is_whole = whole == "*" || whole.parse() == Ok(size);
        Some(is_whole && from > 0 && first.parse() == Ok(from) && last.parse::<u64>().ok()? < size)
    };
    if fits() == Some(true) { Ok(()) } else { Err(Trouble::Range { from, found }) }
}

fn text(response: &Response<Body>, name: header::HeaderName) -> String {
    let value = response.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn advice(part: &PartialFile) -> String {
    let other = "`--from URL` names a mirror, a folder that holds the file under the same name";
    match part.len {
        0 => format!("try again later; {other}"),
        len => format!("{len} bytes are kept in {}: the same command goes on from there; {other}", part.path.display()),
    }
}
