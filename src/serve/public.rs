//! Sentences for whoever asks: they were cleaned and masked when they were made, and here they lose what only concerns those
//! who have a login on this machine: addresses beyond their host, paths, names of secrets.

use std::{borrow::Cow, collections::BTreeSet};

use crate::domain::{
    environment::Project,
    release::Release,
    run::{RunPhase, RunSummary},
    status::ServiceNow,
    text::clean_line,
};

/// Longest sentence, in characters.
const LONGEST: usize = 300;
/// What stands where something was left out.
const LEFT_OUT: &str = "⟨…⟩";

/// Knows what to leave out.
#[derive(Debug, Default)]
pub struct Public {
    secrets: BTreeSet<String>,
}

impl Public {
    /// Learns the names of all secrets of a project.
    pub fn new(project: &Project) -> Self {
        let mut secrets: BTreeSet<String> = project.outlets.secrets.keys().cloned().collect();
        for environment in &project.environments {
            secrets.extend(environment.secrets.keys().cloned());
            let probes = environment.services.iter().flat_map(|service| &service.probes);
            secrets.extend(
                probes
                    .flat_map(|probe| probe.kind.texts())
                    .flat_map(|text| text.secrets().into_iter().map(str::to_owned).collect::<Vec<_>>()),
            );
        }
        Self { secrets }
    }

    /// A sentence that may leave the machine.
    pub fn sentence(&self, text: &str) -> String {
        let clean = clean_line(text, LONGEST);
        let words: Vec<_> = clean.split(' ').map(|word| self.word(word)).collect();
        words.join(" ")
    }

    fn word<'w>(&self, word: &'w str) -> Cow<'w, str> {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        if !bare.is_empty() && self.secrets.contains(bare) {
            return Cow::Owned(word.replace(bare, LEFT_OUT));
        }
        if let Some((before, after)) = word.split_once("://") {
            return Cow::Owned(format!("{before}://{}", host(after)));
        }
        let starts_path = |(at, _): &(usize, &str)| {
            let before = word[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '⟩' | '%'))
                && word[at + 1..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        let path = word.match_indices('/').find(starts_path).map(|(at, _)| at);
        let Some(from) = path.or_else(|| word.find("./")) else { return Cow::Borrowed(word) };
        let tail = word[from..].trim_end_matches([',', ';', ':', '.', ')', '\'', '"', ']', '»']).len();
        let start = word[..from].trim_end_matches(['~', '.']);
        Cow::Owned(format!("{start}{LEFT_OUT}{}", &word[from + tail..]))
    }

    /// A service whose sentences may leave the machine.
    pub fn service(&self, mut service: ServiceNow) -> ServiceNow {
        for look in &mut service.looks {
            look.detail = self.sentence(&look.detail);
            look.version = look.version.take().map(|version| self.sentence(&version));
        }
        service.version = service.version.map(|version| self.sentence(&version));
        service
    }

    /// A run likewise.
    pub fn run(&self, mut run: RunSummary) -> RunSummary {
        match &mut run.phase {
            RunPhase::Holding { why, .. } | RunPhase::RollingBack { why } | RunPhase::Ended { why, .. } => {
                *why = self.sentence(why);
            }
            RunPhase::Asking { question, .. } => *question = self.sentence(question),
            RunPhase::Waiting | RunPhase::Running => {}
        }
        run.current = run.current.map(|(index, name)| (index, self.sentence(&name)));
        run
    }

    /// A release likewise.
    pub fn release(&self, mut release: Release) -> Release {
        release.marked_bad = release.marked_bad.map(|why| self.sentence(&why));
        release.behaviour.soak = release.behaviour.soak.map(|verdict| self.sentence(&verdict));
        release
    }
}

/// Host and port of what follows `://`, and what punctuation follows the address.
fn host(after: &str) -> String {
    let end = after.find(['/', '?', '#', '\'', '"', ')', ',', ';', '>']).unwrap_or(after.len());
    let authority = &after[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let rest = &after[end..];
    let tail = rest.trim_end_matches([',', ';', ':', '.', ')', '\'', '"', '>']).len();
    format!("{host}{}", &rest[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public() -> Public {
        Public { secrets: BTreeSet::from(["API_TOKEN".to_owned()]) }
    }

    #[test]
    fn addresses_keep_their_host_only() {
        let told = public().sentence("no answer from https://user:pw@api.example:8443/v1/x?token=abc, tried twice");
        assert_eq!(told, "no answer from https://api.example:8443, tried twice");
        assert_eq!(public().sentence("(see 'http://host/a')"), "(see 'http://host')");
        assert_eq!(public().sentence("http://a@b@host"), "http://host");
    }

    #[test]
    fn paths_and_names_of_secrets_are_left_out() {
        let told = public().sentence("the secret 'API_TOKEN' of /etc/quarterdeck/token: chmod 600 ~/x.key");
        assert_eq!(told, "the secret '⟨…⟩' of ⟨…⟩: chmod 600 ⟨…⟩");
        assert_eq!(public().sentence("run ./deploy.sh path=/opt/a"), "run ⟨…⟩ path=⟨…⟩");
    }

    #[test]
    fn ordinary_words_stay() {
        let text = "status 503 == 200; 12 req/s of application/json and/or 3 / 4, at 50 %";
        assert_eq!(public().sentence(text), text);
    }

    #[test]
    fn what_the_world_wrote_has_no_powers_and_an_end() {
        let told = public().sentence(&format!("a\x1b[2Jb\n{}", "x".repeat(1000)));
        assert!(!told.contains('\x1b') && !told.contains('\n') && told.chars().count() <= LONGEST, "{told}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it_and_no_password_comes_through(before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let told = public().sentence(&format!("{before} https://u:hunter2hunter2@h/{after}"));
            proptest::prop_assert!(!told.contains("hunter2"), "{}", told);
        }
    }
}
