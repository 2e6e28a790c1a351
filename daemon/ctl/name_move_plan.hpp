// NameMovePlan: which names go to another node, which are there, and which have to stay, from what the daemon
// says of each.
//
// Threads: one thread at a time.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/commands.hpp"

namespace paynamed::ctl {

// A node to go to: an instance, or one node of an instance.
struct NodeTarget {
  std::string instance;
  std::string node;  // empty: the instance's default one

  // "instance" or "instance/node".
  static NodeTarget from(const std::string& text);
  std::string text() const { return node.empty() ? instance : instance + "/" + node; }
  // Whether the name, as the daemon shows it, is there and nothing is at work on it.
  bool has(const boost::json::object& name) const;
};

struct NameMovePlan {
  struct Move {
    std::string name;
    std::string from;  // for people
    std::uint64_t revision = 0;
  };
  struct Left {
    std::string name;
    std::string why;
    bool fails = true;  // it was meant to move
  };
  std::vector<Move> moves;
  std::vector<Left> left;
  std::uint64_t there = 0;  // names that need no move

  // `named`: the user named it; else it is one of a domain, where the offers of owners are left alone.
  void add(const NodeTarget& target, const boost::json::object& name, bool named);
};

// The plan for names that are said one by one, each once, or for all of a domain. Nothing, with the error
// written, when the daemon does not tell them.
std::optional<NameMovePlan> plan_of_names(Context& context, const NodeTarget& target,
                                          const std::vector<std::string>& names);
std::optional<NameMovePlan> plan_of_domain(Context& context, const NodeTarget& target,
                                           const std::string& domain);

}  // namespace paynamed::ctl
