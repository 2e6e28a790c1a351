// The actions of the step kinds in step_kind.cpp, one file each.
//
// Threads: as Action.
#pragma once

#include <memory>

#include "pipeline/action.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::pipeline {

std::unique_ptr<Action> make_domain_check(const Services& services);
std::unique_ptr<Action> make_node_provision(const Services& services);
std::unique_ptr<Action> make_offer_create(const Services& services);
std::unique_ptr<Action> make_dns_publish(const Services& services);
std::unique_ptr<Action> make_dns_await(const Services& services);
std::unique_ptr<Action> make_name_prove(const Services& services);
std::unique_ptr<Action> make_event_emit(const Services& services);
std::unique_ptr<Action> make_dns_withdraw(const Services& services);
std::unique_ptr<Action> make_offer_disable(const Services& services);

}  // namespace paynamed::pipeline
