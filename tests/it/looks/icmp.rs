//! `icmp` looks at this machine, where it may.

use quarterdeck::domain::verdict::Verdict;

use super::{fact, look};

#[tokio::test]
async fn this_machine_answers_or_the_look_says_how_to_permit_it() {
    let judged = look("icmp = \"127.0.0.1\"\npackets = 2").await;
    if judged.says.verdict == Verdict::Unknown {
        assert!(judged.detail.contains("net.ipv4.ping_group_range"), "{}", judged.detail);
        return;
    }
    assert_eq!(
        (fact(&judged, "sent"), fact(&judged, "received"), fact(&judged, "loss")),
        (2.into(), 2.into(), 0.0.into())
    );
    let [min, avg, max] = ["min_ms", "avg_ms", "max_ms"].map(|name| fact(&judged, name).as_f64().unwrap());
    assert!(0.0 < min && min <= avg && avg <= max, "{min} {avg} {max}");
}

#[tokio::test]
async fn nobody_there_is_a_loss_of_all() {
    // 192.0.2.0/24 is for documentation: nobody answers, at best somebody says so.
    let judged = look("icmp = \"192.0.2.1\"\npackets = 1\ntimeout = \"400ms\"").await;
    assert_ne!(judged.says.verdict, Verdict::Pass);
    if judged.outcome.error.is_none() {
        assert_eq!(fact(&judged, "loss"), 1.0);
        assert_eq!(judged.detail, "no answer to 1 packets from 192.0.2.1");
    }
}
