//! Custody as a function of the set of valid links: no order matters, and the answer keeps its own rules.

use proptest::prelude::*;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_records::custody::Link;
use soxa_records::{CustodyView, LinkId};

fn link(id: u8, prev: Option<u8>, depth: u32, to: u8) -> Link {
    Link {
        link: LinkId([id; 32]),
        prev: prev.map(|prev| LinkId([prev; 32])),
        depth,
        from: None,
        to: RecordId([to; 32]),
        handover: None,
        ops: vec![OpId([id; 32])],
    }
}

/// A random tree of links with some taken out, as cuts do.
pub fn links() -> impl Strategy<Value = Vec<Link>> {
    proptest::collection::vec((any::<proptest::sample::Index>(), 0_u8..5, any::<bool>()), 0..12).prop_map(
        |rows| {
            let mut links = vec![link(0, None, 0, 0)];
            for (n, (prev, to, _)) in (1_u8..).zip(&rows) {
                let below = prev.get(&links).clone();
                links.push(link(n, Some(below.link.0[0]), below.depth + 1, *to));
            }
            let kept = std::iter::once(true).chain(rows.iter().map(|(_, _, keep)| *keep));
            links
                .into_iter()
                .zip(kept)
                .filter(|(_, keep)| *keep)
                .map(|(link, _)| link)
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn custody_is_a_function_of_the_set(links in links().prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle()))) {
        let (links, shuffled) = links;
        let view = CustodyView::resolve(links.clone(), []);
        prop_assert_eq!(&view, &CustodyView::resolve(shuffled.into_iter().chain(links.clone()), []));
        let deepest = links.iter().map(|l| l.depth).max().unwrap();
        let tips: Vec<&Link> = links.iter().filter(|l| l.depth == deepest).collect();
        // What lies deepest has nothing above it, so the deepest tips are the deepest links.
        match tips.as_slice() {
            [only] => prop_assert_eq!((view.current, view.custodian), (Some(only.link), Some(only.to))),
            _ => prop_assert_eq!((view.current, view.custodian), (None, None)),
        }
        prop_assert_eq!(view.tied.is_empty(), tips.len() == 1);
        if tips.len() > 1 {
            prop_assert!(view.contested.is_some());
        }
        for link in &links {
            let founded = link.prev.is_none_or(|prev| links.iter().any(|l| l.link == prev));
            prop_assert_eq!(view.unfounded.contains(&link.link), !founded);
        }
    }
}

#[test]
fn no_links_hold_nobody() {
    assert_eq!(CustodyView::resolve([], []), CustodyView::default());
}

#[test]
fn made_up_circles_end() {
    let view = CustodyView::resolve([link(1, Some(2), 5, 1), link(2, Some(1), 5, 2)], []);
    assert_eq!(view.custodian, None);
    let view = CustodyView::resolve([link(1, Some(1), 5, 1)], []);
    assert_eq!(view.custodian, None);
}
