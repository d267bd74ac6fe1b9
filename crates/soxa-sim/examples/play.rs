//! temporary
#![allow(clippy::disallowed_methods)]
use soxa_sim::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (nodes, steps, from, to) = (
        a[1].parse().unwrap(),
        a[2].parse().unwrap(),
        a[3].parse::<u64>().unwrap(),
        a[4].parse::<u64>().unwrap(),
    );
    let tell = a.get(5).is_some_and(|t| t == "tell");
    for seed in from..to {
        let t = std::time::Instant::now();
        match run(
            seed,
            &Plan {
                tell,
                ..Plan::of(nodes, steps)
            },
        ) {
            Ok(r) => {
                for e in &r.story {
                    println!("{e}");
                }
                println!(
                    "seed {seed} ok {:?} {:?}",
                    t.elapsed(),
                    Report { story: vec![], ..r }
                )
            }
            Err(f) => {
                for e in &f.story {
                    println!("{e}");
                }
                println!("seed {seed} FAILED {:?} {f}", t.elapsed())
            }
        }
    }
}
