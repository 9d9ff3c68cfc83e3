//! What comes out of an archive, and what must not.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use lcnnc::data::fetch::{self, Outcome};
use lcnnc::data::published::{Archive, ArchiveFormat, KnownFile, Packaging, Published};
use tar::{Builder, EntryType, Header};
use tempfile::tempdir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::server::{Answer, Server};
use super::{Notes, hasty, says, sha256};

const MOST_ENTRIES: usize = 6;
const MOST_BYTES: u64 = 10_000;
const INNER: &[u8] = b"what is in the file";

/// Serves an archive and fetches the set `made` from it, of which `made/a.bin` is known to be [`INNER`].
fn fetch_archive(root: &Path, bytes: &[u8], format: ArchiveFormat) -> Result<Outcome, String> {
    let served = bytes.to_vec();
    let server = Server::start(move |_, asked| Answer::file(&served, asked));
    let (sum, inner) = (sha256(bytes), sha256(INNER));
    let files = [KnownFile { name: "a.bin", size: INNER.len() as u64, sha256: &inner }];
    let archive = Archive {
        file: KnownFile { name: "made.archive", size: bytes.len() as u64, sha256: &sum },
        format,
        most_entries: MOST_ENTRIES,
        most_bytes: MOST_BYTES,
        files: &files,
        counts: &[("deep", 1)],
    };
    let packaging = Packaging::Archive(archive);
    let set = Published { name: "made", folder: "made", sources: &[&server.url()], packaging };
    fetch::fetch(&set, root, &hasty(None), &mut Notes::default()).map_err(|error| error.to_string())
}

/// Such an archive must be refused with these words, and leave nothing unpacked anywhere.
#[track_caller]
fn refused(bytes: &[u8], format: ArchiveFormat, parts: &[&str]) {
    let outer = tempdir().unwrap();
    let root = outer.path().join("root");
    says(fetch_archive(&root, bytes, format), parts);
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        entries.collect::<Vec<_>>()
    };
    assert_eq!(names(outer.path()), ["root"]);
    assert_eq!(names(&root), ["made.archive.part"], "what was fetched is kept, what was unpacked is not");
}

/// An entry of a tar archive; the name is written as it is, however wrong.
fn entry(kind: EntryType, name: &str, contents: &[u8]) -> (Header, Vec<u8>) {
    let mut header = Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(contents.len() as u64);
    header.set_mode(0o644);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("/etc/passwd").unwrap();
    }
    header.set_cksum();
    (header, contents.to_vec())
}

fn regular(name: &str, contents: &[u8]) -> (Header, Vec<u8>) {
    entry(EntryType::Regular, name, contents)
}

/// The good entries, then others.
fn tar_gz(more: &[(Header, Vec<u8>)]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let good = [entry(EntryType::Directory, "made/", b""), regular("made/a.bin", INNER), regular("made/deep/b", b"b")];
    for (header, contents) in good.iter().chain(more) {
        builder.append(header, &contents[..]).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// The good entries, then others, by name.
fn zip(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.add_directory("made/", options).unwrap();
    for (name, contents) in [("made/a.bin", INNER), ("made/deep/b", b"b")].iter().chain(more) {
        if let Some(name) = name.strip_suffix(" ->") {
            writer.add_symlink(name, "/etc/passwd", options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(contents).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_good_archive_becomes_a_folder_and_goes() {
    for (bytes, format) in [(tar_gz(&[]), ArchiveFormat::TarGz), (zip(&[]), ArchiveFormat::Zip)] {
        let root = tempdir().unwrap();
        assert_eq!(fetch_archive(root.path(), &bytes, format), Ok(Outcome::Fetched));
        assert_eq!(fs::read(root.path().join("made/a.bin")).unwrap(), INNER);
        assert_eq!(fs::read(root.path().join("made/deep/b")).unwrap(), b"b");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "nothing else is left");
        assert_eq!(fetch_archive(root.path(), b"not even fetched", format), Ok(Outcome::WasThere));
    }
}

#[test]
fn a_folder_that_is_there_is_never_touched() {
    let root = tempdir().unwrap();
    let folder = root.path().join("made");
    fs::create_dir_all(folder.join("deep")).unwrap();
    fs::write(folder.join("a.bin"), b"another").unwrap();
    let result = fetch_archive(root.path(), &tar_gz(&[]), ArchiveFormat::TarGz);
    says(result, &["is left as it is", "a.bin: expected 19 bytes, found 7", "deep: expected 1 files, found 0"]);
    assert_eq!(fs::read(folder.join("a.bin")).unwrap(), b"another");
}

#[test]
fn what_an_earlier_call_left_half_unpacked_goes() {
    let root = tempdir().unwrap();
    fs::create_dir_all(root.path().join("made.unpacking/made")).unwrap();
    fs::write(root.path().join("made.unpacking/made/a.bin"), b"half").unwrap();
    assert_eq!(fetch_archive(root.path(), &tar_gz(&[]), ArchiveFormat::TarGz), Ok(Outcome::Fetched));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn a_tar_stays_in_its_folder() {
    for (name, reason) in [
        ("made/../../out", "leads out of its folder by `..`"),
        ("../out", "leads out of its folder by `..`"),
        ("/out", "has an absolute path"),
        ("other/out", "is not below `made/`"),
    ] {
        refused(&tar_gz(&[regular(name, b"x")]), ArchiveFormat::TarGz, &[&format!("entry `{name}` {reason}")]);
    }
}

#[test]
fn a_tar_has_files_and_folders_alone() {
    for (kind, reason) in [
        (EntryType::Symlink, "is a link"),
        (EntryType::Link, "is a link"),
        (EntryType::Char, "is a device"),
        (EntryType::Block, "is a device"),
        (EntryType::Fifo, "is a device"),
        (EntryType::new(b'Z'), "is neither a file nor a folder"),
    ] {
        refused(&tar_gz(&[entry(kind, "made/x", b"")]), ArchiveFormat::TarGz, &[&format!("entry `made/x` {reason}")]);
    }
    refused(&tar_gz(&[regular("made/a.bin", b"x")]), ArchiveFormat::TarGz, &["entry `made/a.bin` is there twice"]);
}

#[test]
fn a_tar_is_bounded() {
    let many: Vec<_> = (0..9).map(|i| regular(&format!("made/{i}"), b"")).collect();
    refused(&tar_gz(&many), ArchiveFormat::TarGz, &["entry `made/3` is one too many: expected at most 6"]);
    let large = regular("made/large", &[0; 10_000]);
    refused(
        &tar_gz(&[large]),
        ArchiveFormat::TarGz,
        &["entry `made/large` is too large: expected at most 10000 bytes"],
    );
    // A name that takes a megabyte is no entry of its own.
    let name = entry(EntryType::GNULongName, "././@LongLink", &[b'x'; 1 << 20]);
    refused(&tar_gz(&[name, regular("made/x", b"")]), ArchiveFormat::TarGz, &["made.archive: cannot be unpacked"]);
}

#[test]
fn a_zip_stays_in_its_folder() {
    for (name, reason) in [
        ("made/../../out", "leads out of its folder by `..`"),
        ("/out", "has an absolute path"),
        ("other/out", "is not below `made/`"),
        ("made/link ->", ""),
    ] {
        let said = if reason.is_empty() { "entry `made/link` is a link" } else { &format!("entry `{name}` {reason}") };
        refused(&zip(&[(name, b"x")]), ArchiveFormat::Zip, &[said]);
    }
}

#[test]
fn a_zip_is_bounded() {
    let many: Vec<String> = (0..9).map(|i| format!("made/{i}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (&**name, &b""[..])).collect();
    refused(&zip(&many), ArchiveFormat::Zip, &["entry `made/3` is one too many: expected at most 6"]);
    let bomb = zip(&[("made/large", &vec![0; 1 << 20])]);
    refused(&bomb, ArchiveFormat::Zip, &["entry `made/large` is too large: expected at most 10000 bytes"]);
    refused(&patched(bomb, 24, &[1, 0, 0, 0]), ArchiveFormat::Zip, &["entry `made/large` cannot be unpacked"]);
}

/// Writes over the last entry's record in a zip's directory.
fn patched(mut bytes: Vec<u8>, offset: usize, with: &[u8]) -> Vec<u8> {
    let start = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap() + offset;
    bytes[start..start + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn a_zip_has_no_devices() {
    // The upper half of the external attributes is the mode.
    let device = patched(zip(&[("made/x", b"")]), 38, &[0, 0, 0o644_u16.to_le_bytes()[0], 0x21]);
    refused(&device, ArchiveFormat::Zip, &["entry `made/x` is a device"]);
}

#[test]
fn a_broken_archive_is_said_to_be_broken() {
    for format in [ArchiveFormat::TarGz, ArchiveFormat::Zip] {
        refused(b"no archive of any kind", format, &["made.archive: cannot be unpacked", "nothing was unpacked"]);
    }
    let whole = tar_gz(&[]);
    refused(&whole[..whole.len() / 2], ArchiveFormat::TarGz, &["cannot be unpacked"]);
    let flipped = patched(zip(&[("made/x", b"to be summed up")]), 16, &[0, 0, 0, 0]);
    refused(&flipped, ArchiveFormat::Zip, &["entry `made/x` cannot be unpacked"]);
}

#[test]
fn an_archive_of_something_else_does_not_become_the_set() {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let (header, contents) = regular("made/a.bin", b"not what it must be");
    builder.append(&header, &contents[..]).unwrap();
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    refused(&bytes, ArchiveFormat::TarGz, &["but not what is in it", "a.bin: expected SHA-256", "deep: missing"]);
}
