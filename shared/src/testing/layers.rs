//! Imports go downwards only: the rooms, from top to bottom, stand in a table of `ARCHITECTURE.md`.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of that table, from top to bottom.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(root().join("../ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("| room | what is in it |").unwrap();
    table
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("| `"))
        .map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file of this crate, by its path behind `src/`.
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) code: String,
}

impl SourceFile {
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The rooms whose items it names, by `crate::room` or `crate::{room, ...}`.
    fn rooms_that_it_names(&self) -> Vec<String> {
        let mut rooms = Vec::new();
        for (_, rest) in self
            .code
            .match_indices("crate::")
            .map(|(at, found)| self.code.split_at(at + found.len()))
        {
            match rest.strip_prefix('{') {
                Some(_) => rooms.push("a list of rooms, which this test does not read".to_owned()),
                None => rooms.push(
                    rest.chars()
                        .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                        .collect(),
                ),
            }
        }
        rooms
    }
}

/// Every source file that is part of a function: neither tests nor the parts that tests share.
pub(super) fn source_files() -> Vec<SourceFile> {
    let source = root().join("src");
    let mut folders = vec![source.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            let name = path
                .strip_prefix(&source)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if name.ends_with("tests.rs") || name.ends_with("tests") || name == "testing" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "lib.rs" {
                let text = fs::read_to_string(&path).unwrap();
                files.push(SourceFile {
                    path: name,
                    code: without_comments(&text),
                });
            }
        }
    }
    files
}

/// The code without its comments, whose links may lead anywhere, and without the tests at its end.
fn without_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn imports_go_downwards_only() {
    let rooms = rooms();
    let floor = |room: &str| rooms.iter().position(|each| each == room);
    let files = source_files();
    assert!(files.len() > 100, "{} files", files.len());
    let mut upward = Vec::new();
    for file in &files {
        let own = floor(file.room())
            .unwrap_or_else(|| panic!("ARCHITECTURE.md has no room for {}", file.path));
        for named in file.rooms_that_it_names() {
            if floor(&named).is_none_or(|other| other < own) {
                upward.push(format!("{} names crate::{named}", file.path));
            }
        }
    }
    assert!(upward.is_empty(), "{upward:#?}");
}
