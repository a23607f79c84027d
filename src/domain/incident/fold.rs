//! From what was said to where it stands.

use super::{Entry, Incident, IncidentId, Said, Status};

/// Where an incident stands after its entries, in their order; `None` if it was never opened.
pub fn fold(id: IncidentId, env: &str, group: &str, entries: &[Entry]) -> Option<Incident> {
    let (first, rest) = entries.split_first()?;
    let Said::Opened { title, severity, alert } = &first.said else { return None };
    let mut incident = Incident {
        id,
        env: env.to_owned(),
        group: group.to_owned(),
        title: title.clone(),
        severity: *severity,
        status: Status::Open,
        opened_at: first.at,
        opened_by: first.author.clone(),
        mitigated_at: None,
        resolved_at: None,
        closed_at: None,
        roles: std::collections::BTreeMap::new(),
        alerts: alert.iter().cloned().collect(),
        next: None,
    };
    for entry in rest {
        take(&mut incident, entry);
    }
    Some(incident)
}

fn take(incident: &mut Incident, entry: &Entry) {
    match &entry.said {
        Said::Joined { alert } => {
            if !incident.alerts.contains(alert) {
                incident.alerts.push(alert.clone());
            }
        }
        Said::Role { role, person } if person.is_empty() => {
            incident.roles.remove(role);
        }
        Said::Role { role, person } => {
            incident.roles.insert(role.clone(), person.clone());
        }
        Said::Severity { severity } => incident.severity = *severity,
        Said::Status { status, .. } => {
            incident.status = *status;
            if *status != Status::Open {
                incident.mitigated_at.get_or_insert(entry.at);
            }
            incident.resolved_at = (*status == Status::Resolved).then_some(entry.at);
        }
        Said::HandedOver { to, next } => {
            incident.roles.insert("commander".into(), to.clone());
            incident.next = Some(next.clone()).filter(|next| !next.is_empty());
        }
        Said::Closed { .. } => incident.closed_at = Some(entry.at),
        Said::Opened { .. } | Said::Note { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        alert::{AlertKey, Severity},
        time::UnixMs,
    };

    fn entry(at: i64, said: Said) -> Entry {
        Entry { at: UnixMs(at), author: "alice".into(), said }
    }

    fn opened() -> Entry {
        entry(10, Said::Opened { title: "errors".into(), severity: Severity::Critical, alert: None })
    }

    fn status(at: i64, status: Status) -> Entry {
        entry(at, Said::Status { status, note: String::new() })
    }

    fn after(said: Vec<Entry>) -> Incident {
        let entries: Vec<_> = std::iter::once(opened()).chain(said).collect();
        fold(IncidentId(1), "production", "api", &entries).unwrap()
    }

    #[test]
    fn an_incident_that_was_never_opened_is_none() {
        assert_eq!(fold(IncidentId(1), "production", "api", &[]), None);
        assert_eq!(fold(IncidentId(1), "production", "api", &[status(1, Status::Resolved)]), None);
    }

    #[test]
    fn what_is_opened_again_is_not_resolved_but_was_mitigated_when_it_was() {
        let again = after(vec![status(20, Status::Mitigated), status(30, Status::Resolved), status(40, Status::Open)]);
        assert_eq!((again.status, again.resolved_at), (Status::Open, None));
        assert_eq!(again.mitigated_at, Some(UnixMs(20)));
        assert_eq!(after(vec![status(30, Status::Resolved)]).ended_at(), Some(UnixMs(30)));
    }

    #[test]
    fn an_alert_joins_once_and_a_role_has_one_person() {
        let alert = AlertKey { env: "production".into(), rule: "errors".into(), subject: "api".into() };
        let role = |person: &str| Said::Role { role: "scribe".into(), person: person.into() };
        let joined = || Said::Joined { alert: alert.clone() };
        let incident =
            after(vec![entry(11, joined()), entry(12, joined()), entry(13, role("bob")), entry(14, role("carol"))]);
        assert_eq!(incident.alerts.len(), 1);
        assert_eq!(incident.roles["scribe"], "carol");
        assert!(after(vec![entry(13, role("bob")), entry(14, role(""))]).roles.is_empty());
    }

    #[test]
    fn a_handover_makes_the_next_person_commander() {
        let said = Said::HandedOver { to: "bob".into(), next: "watch the queue".into() };
        let incident = after(vec![entry(20, said)]);
        assert_eq!(incident.roles["commander"], "bob");
        assert_eq!(incident.next.as_deref(), Some("watch the queue"));
    }
}
