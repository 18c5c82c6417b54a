//! No circle of imports between modules that have the same parent. A parent declares its modules,
//! re-exports their items and holds what they share, so imports from and by a parent do not count;
//! an item that a parent re-exports counts as an import from the module that has it.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::{SourceFile, source_files};

/// The path of a module or an item: the names of the modules that contain it, and its own name.
type Path = Vec<String>;

/// The modules, and the paths that stand for another one: imports, and items that are re-exported.
struct Crate {
    modules: BTreeMap<Path, SourceFile>,
    aliases: BTreeMap<Path, Path>,
}

impl Crate {
    fn new(files: Vec<SourceFile>) -> Self {
        let modules: BTreeMap<Path, SourceFile> = files
            .into_iter()
            .map(|file| (module_of(&file.path), file))
            .collect();
        let mut aliases = BTreeMap::new();
        for (module, file) in &modules {
            for path in imports(&file.code) {
                let target = absolute(module, &path);
                let alias: Path = module.iter().chain(target.last()).cloned().collect();
                aliases.insert(alias, target);
            }
        }
        Self { modules, aliases }
    }

    /// The module that has the item of this path. A path to another crate ends at the module that
    /// names it.
    fn owner(&self, mut path: Path) -> Path {
        // A crate and its item may have the same name, so that an alias leads back to itself.
        let mut followed = BTreeSet::new();
        while !self.modules.contains_key(&path) && !path.is_empty() {
            match self.aliases.get(&path) {
                Some(target) if followed.insert(path.clone()) => path = target.clone(),
                _ => drop(path.pop()),
            }
        }
        path
    }

    /// The pairs of modules with the same parent of which the first imports from the second.
    fn imports_of_siblings(&self) -> BTreeSet<(Path, Path)> {
        let mut found = BTreeSet::new();
        for (module, file) in &self.modules {
            for path in imports(&file.code).into_iter().chain(inline(&file.code)) {
                let owner = self.owner(absolute(module, &path));
                let shared = module.iter().zip(&owner).take_while(|(a, b)| a == b);
                let siblings = shared.count() + 1;
                if module.len() >= siblings && owner.len() >= siblings {
                    found.insert((module[..siblings].to_vec(), owner[..siblings].to_vec()));
                }
            }
        }
        found
    }
}

/// `transport/tls.rs` and `transport/tls/mod.rs` are `transport::tls`.
fn module_of(file: &str) -> Path {
    let path = file.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

/// The paths of all `use` declarations.
fn imports(code: &str) -> Vec<String> {
    let declarations = code.split("use ").skip(1);
    declarations
        .flat_map(|rest| branches(rest.split(';').next().unwrap()))
        .collect()
}

/// The paths of a tree like `super::{a::A, b::{B, C}}`.
fn branches(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_owned()];
    };
    let mut depth = 0;
    let between_branches = |c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    inner
        .split(between_branches)
        .filter(|branch| !branch.trim().is_empty())
        .flat_map(branches)
        .map(|path| format!("{}{path}", prefix.trim()))
        .collect()
}

/// The paths within the code that begin with `crate` or `super`.
fn inline(code: &str) -> Vec<String> {
    let is_in_a_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    code.split(|c| !is_in_a_path(c))
        .filter(|path| path.starts_with("crate::") || path.starts_with("super::"))
        .map(|path| path.trim_end_matches(':').to_owned())
        .collect()
}

fn absolute(module: &Path, path: &str) -> Path {
    let mut absolute = module.clone();
    for name in path.split("::") {
        match name {
            "crate" => absolute.clear(),
            "super" => drop(absolute.pop()),
            "self" | "*" => {}
            name => absolute.push(name.to_owned()),
        }
    }
    absolute
}

#[test]
fn modules_of_one_parent_do_not_import_each_other_in_a_circle() {
    let imports = Crate::new(source_files()).imports_of_siblings();
    let named = |from: &str, to: &str| {
        let path = |text: &str| text.split("::").map(str::to_owned).collect();
        imports.contains(&(path(from), path(to)))
    };
    // By a tree of names, by the items of a parent, and within the code.
    assert!(named("trigger::process", "trigger::message"));
    assert!(named("provider::learned", "provider::scope"));
    assert!(named("request::describe", "request::parse"));
    let circles: Vec<_> = imports
        .iter()
        .filter(|(from, to)| leads_to(&imports, to, from, &mut BTreeSet::new()))
        .map(|(from, to)| format!("{} names {}", from.join("::"), to.join("::")))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

/// Whether imports lead from one module to another.
fn leads_to<'a>(
    imports: &'a BTreeSet<(Path, Path)>,
    from: &'a Path,
    to: &Path,
    visited: &mut BTreeSet<&'a Path>,
) -> bool {
    from == to
        || (visited.insert(from)
            && imports
                .iter()
                .filter(|(next, _)| next == from)
                .any(|(_, next)| leads_to(imports, next, to, visited)))
}
