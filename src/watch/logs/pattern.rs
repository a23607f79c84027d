//! Files by a pattern: `*` and `?` in any part of a path.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Files that are followed for one source; more are not, and that is said.
pub const MOST_FILES: usize = 64;

/// Whether the path is a pattern.
pub fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// The files that a pattern names now, and whether there are more than are followed: then those that were written last.
pub fn files(pattern: &Path) -> (Vec<PathBuf>, bool) {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !matches!(part, Component::Normal(_)) || !name.contains(['*', '?']) {
            for path in &mut found {
                path.push(part);
            }
            continue;
        }
        let mut next = Vec::new();
        for dir in &found {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if matches(&name, &entry.file_name().to_string_lossy()) {
                    next.push(entry.path());
                }
            }
        }
        next.sort();
        // Directories beyond it have no chance to be followed.
        next.truncate(MOST_FILES * 16);
        found = next;
    }
    found.retain(|path| path.is_file());
    let more = found.len() > MOST_FILES;
    if more {
        found.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).and_then(|meta| meta.modified()).ok()));
        found.truncate(MOST_FILES);
    }
    (found, more)
}

/// Whether a name is what a pattern means; a name that begins with a dot only if the pattern does.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and what it was taken to stand for so far.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_mean_what_they_mean_in_a_shell() {
        for (pattern, name, fits) in [
            ("*.log", "api.log", true),
            ("*.log", "api.log.1", false),
            ("*.log", ".hidden.log", false),
            ("api-?.log", "api-1.log", true),
            ("api-?.log", "api-10.log", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_go_through_directories_and_only_files_are_found() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["one/a.log", "two/b.log", "two/b.txt"] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir(dir.path().join("two/dir.log")).unwrap();
        let (found, more) = files(&dir.path().join("*/*.log"));
        assert_eq!(found, [dir.path().join("one/a.log"), dir.path().join("two/b.log")]);
        assert!(!more && !is_pattern(&found[0]) && is_pattern(Path::new("/a/*.log")));
    }
}
