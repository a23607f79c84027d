//! Services that belong together: what depends on each other goes wrong together, and is one incident.

use crate::domain::environment::Service;

/// The services that belong together with one, by name, in the configured order; the service alone if it is not configured.
pub fn members(services: &[Service], subject: &str) -> Vec<String> {
    let mut found = vec![subject.to_owned()];
    loop {
        let before = found.len();
        for service in services {
            let needs = service.depends_on.iter().any(|name| found.contains(name)) || found.contains(&service.name);
            if needs {
                let new = std::iter::once(&service.name).chain(&service.depends_on);
                let new: Vec<String> = new.filter(|name| !found.contains(name)).cloned().collect();
                found.extend(new);
            }
        }
        if found.len() == before {
            break;
        }
    }
    let place = |name: &String| services.iter().position(|service| service.name == *name);
    found.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    found
}

/// The service that stands for all that belong together with one: the first of them. Empty stays empty.
pub fn group_of(services: &[Service], subject: &str) -> String {
    if subject.is_empty() {
        return String::new();
    }
    members(services, subject).into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::Debounce;

    fn services() -> Vec<Service> {
        let service = |name: &str, needs: &[&str]| Service {
            name: name.into(),
            url: None,
            depends_on: needs.iter().map(|name| (*name).to_owned()).collect(),
            probes: Vec::new(),
            debounce: Debounce::default(),
            logs: Vec::new(),
        };
        vec![
            service("web", &["api"]),
            service("api", &["db"]),
            service("worker", &["db"]),
            service("db", &[]),
            service("mail", &[]),
        ]
    }

    #[test]
    fn what_depends_on_each_other_is_one_group_whatever_of_it_is_asked() {
        for subject in ["web", "api", "worker", "db"] {
            assert_eq!(group_of(&services(), subject), "web");
        }
        assert_eq!(members(&services(), "db"), ["web", "api", "worker", "db"]);
        assert_eq!(group_of(&services(), "mail"), "mail");
        assert_eq!(group_of(&services(), "gone"), "gone");
        assert_eq!(group_of(&services(), ""), "");
    }
}
