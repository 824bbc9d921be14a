//! `ROLE`

use rkvs_tests::{expect::*, script};

#[test]
fn a_server_by_itself_is_a_master_without_replicas() {
    script! {
        "ROLE" => array([bulk("master"), int(0), array([])]),
        "ROLE x" => wrong_arity("role"),
    }
}
