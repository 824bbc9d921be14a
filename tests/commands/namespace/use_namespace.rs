//! `NAMESPACE USE name`

use super::NONE;
use rkvs_tests::{expect::*, script_of_ours};

#[test]
fn chooses_by_name_what_select_chooses_by_index() {
    script_of_ours! {
        "NAMESPACE CREATE a DB 25" => ok(),
        "NAMESPACE USE a" => ok(),
        "SET k inside" => ok(),
        "NAMESPACE USE 1" => ok(),
        "GET k" => nil(),
        "SELECT 25" => ok(),
        "GET k" => bulk("inside"),
        "NAMESPACE USE nowhere" => error(NONE),
        "GET k" => bulk("inside"),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE USE" => wrong_arity("namespace|use"),
        "NAMESPACE USE a b" => wrong_arity("namespace|use"),
    }
}

#[test]
fn works_in_a_transaction() {
    script_of_ours! {
        "NAMESPACE CREATE a" => ok(),
        "MULTI" => ok(),
        "SET k outside" => simple("QUEUED"),
        "NAMESPACE USE a" => simple("QUEUED"),
        "SET k inside" => simple("QUEUED"),
        "EXEC" => array([ok(), ok(), ok()]),
        "GET k" => bulk("inside"),
        "NAMESPACE USE 0" => ok(),
        "GET k" => bulk("outside"),
        "NAMESPACE DELETE a" => ok(),
    }
}
