//! Weighs a program: bytes on the heap that 10,000 AuthorizationPolicies add to their workloads.

use mayreach::Program;
use mayreach_benches::{Cluster, Shape, record};

#[global_allocator]
static HEAP: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

const POLICIES: usize = 10_000;

/// Bytes of a whole program, and of what is compiled of its model.
fn weigh(policies: usize) -> (usize, usize) {
    let cluster = Cluster::new(Shape::Mesh, policies, POLICIES / 4, 1);
    let before = HEAP.current_usage();
    let program: Program = cluster.compile();
    let whole = HEAP.current_usage() - before;
    let before = HEAP.current_usage();
    let compiled = program.compiled_again();
    let part = HEAP.current_usage() - before;
    drop(compiled);
    (whole, part)
}

fn main() {
    let (whole, part) = weigh(POLICIES);
    let (whole_without, part_without) = weigh(0);
    for (name, more) in [("program", whole - whole_without), ("compiled", part - part_without)] {
        let each = more / POLICIES;
        println!("{name}: {each} bytes a policy");
        record(&format!("memory/{name}"), &each.to_string());
    }
}
