//! Looks at this machine.

use crate::{
    config::{names::Words, view::View},
    domain::{
        probe::{CommandLook, FileLook, ProbeKind},
        template::Template,
    },
};

/// Reads `command`.
pub fn command(view: &View<'_>, words: &Words) -> Option<ProbeKind<Template>> {
    let argv = view.argv("command")?;
    for word in &argv {
        words.check(view.reader, word);
    }
    let words = argv.into_iter().map(|word| word.value).collect();
    Some(ProbeKind::Command(CommandLook { words, dir: dir(view) }))
}

/// A look at a path.
pub fn file(view: &View<'_>, path: Template) -> FileLook<Template> {
    FileLook { path, dir: dir(view) }
}

/// Where relative paths start: at the configuration.
fn dir(view: &View<'_>) -> String {
    view.reader.dir(view.place).to_string_lossy().into_owned()
}
