#include "sandbox.hpp"

#include "bech32.hpp"
#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

std::string fingerprint(const Bytes32& seed, const Curve& curve) {
  const auto key = Key::derive(curve, seed, "paynamed sandbox fingerprint", "").public_key();
  return to_hex(BytesView(key).first(9));
}

}  // namespace

void check_key(std::string_view what, const std::string& key) {
  constexpr std::size_t kMostBytes = 512;
  if (key.empty()) throw Error(Code::kInvalidArgument, std::string(what) + " is missing.");
  check_text(what, key, kMostBytes);
}

void check_text(std::string_view what, const std::string& text, std::size_t most_bytes) {
  if (text.size() > most_bytes) {
    throw Error(Code::kInvalidArgument, std::string(what) + " has " + std::to_string(text.size()) +
                                            " bytes; the most is " + std::to_string(most_bytes) + ".");
  }
}

void check_amount(std::uint64_t amount_msat) {
  if (amount_msat > kMostMsat) {
    throw Error(Code::kInvalidArgument,
                "An amount of " + std::to_string(amount_msat) + " millisatoshi is more than all bitcoin.");
  }
}

void throw_key_reused(std::string_view what, const std::string& key) {
  throw Error(Code::kAlreadyExists, "The " + std::string(what) + " \"" + key +
                                        "\" was used before with other parameters; take another key.");
}

Sandbox::Sandbox(Settings settings, Surroundings surroundings)
    : settings_(std::move(settings)), surroundings_(std::move(surroundings)) {}

void Sandbox::open() {
  if (opened_) return;
  Opened opened{Ledger(settings_.state_file), {}, {}};
  const auto torn = opened.ledger.replay([&](Change&& change) { opened.state.apply(std::move(change)); });
  if (torn > 0) {
    surroundings_.warn("The state file " + settings_.state_file.string() +
                       " ended in an incomplete line of " + std::to_string(torn) +
                       " bytes, as a crash leaves it; it was cut off.");
  }
  const auto seed = open_seed(opened.state);
  const auto print = fingerprint(seed, curve_);
  if (opened.state.opened() == nullptr) {
    LedgerOpened first;
    first.key_fingerprint = print;
    opened.ledger.append(first);
    opened.state.apply(std::move(first));
  } else if (opened.state.opened()->format != LedgerOpened().format) {
    throw Error(Code::kFailedPrecondition,
                "The state file " + settings_.state_file.string() + " has the format " +
                    std::to_string(opened.state.opened()->format) +
                    ", which this version does not know; use the version of the plugin that wrote it.");
  } else if (opened.state.opened()->key_fingerprint != print) {
    throw Error(Code::kFailedPrecondition,
                "The key file " + settings_.key_file.string() + " is not the one that the state file " +
                    settings_.state_file.string() +
                    " was made with; restore it, or give the instance a new state_file.");
  }
  for (const auto& name : settings_.nodes) {
    auto key = Key::derive(curve_, seed, "paynamed sandbox node", name);
    auto id = to_hex(key.public_key());
    opened.nodes.push_back({name, std::move(key), std::move(id)});
  }
  opened_.emplace(std::move(opened));
}

Bytes32 Sandbox::open_seed(const State& state) const {
  if (!File::exists(settings_.key_file)) {
    if (state.opened() != nullptr) {
      throw Error(Code::kFailedPrecondition,
                  "The key file " + settings_.key_file.string() + " is gone, but the state file " +
                      settings_.state_file.string() +
                      " needs it; restore it, or give the instance a new state_file.");
    }
    create_seed(settings_.key_file, surroundings_.random);
  }
  return read_seed(settings_.key_file);
}

const Sandbox::Node& Sandbox::node(const proto::NodeRef& reference) const {
  if (reference.node().empty()) return opened_->nodes.front();
  std::string known;
  for (const auto& candidate : opened_->nodes) {
    if (candidate.name == reference.node()) return candidate;
    known += (known.empty() ? "" : ", ") + candidate.name;
  }
  throw Error(Code::kNotFound,
              "The sandbox has no node \"" + reference.node() + "\"; it has: " + known + ".");
}

void Sandbox::commit(Change change) {
  opened_->ledger.append(change);
  opened_->state.apply(std::move(change));
}

proto::NodeInfoReply Sandbox::info(const proto::NodeInfoRequest& request) const {
  const auto& asked = node(request.node());
  proto::NodeInfoReply reply;
  reply.set_reachable(proto::TERNARY_YES);
  reply.set_signer(proto::TERNARY_YES);
  reply.set_receivable(proto::TERNARY_YES);
  reply.set_inbound_msat(kMostMsat);
  reply.set_node_id(asked.id);
  reply.set_version("paynamed sandbox");
  reply.set_network("regtest");
  reply.set_custody(proto::CUSTODY_FULL);
  reply.set_explanation(
      "The node \"" + asked.name +
      "\" is a sandbox: it signs real offers and invoices, any amount arrives, and no money moves.");
  return reply;
}

proto::ProvisionReply Sandbox::provision(const proto::ProvisionRequest& request) const {
  const auto& asked = node(request.node());
  proto::ProvisionReply reply;
  reply.mutable_node()->set_node(asked.name);
  reply.set_node_id(asked.id);
  return reply;
}

proto::ReleaseReply Sandbox::release(const proto::ReleaseRequest& request) const {
  node(request.node());
  return {};
}

proto::NewAddressReply Sandbox::new_address(const proto::NewAddressRequest& request, const std::string& key) {
  const auto& asked = node(request.node());
  check_text("The idempotency key", key, 512);
  // Without a key the count of the addresses before makes the next one distinct.
  const auto address_key =
      key.empty() ? asked.key.derive_key("address", std::to_string(state().address_count(asked.name)))
                  : asked.key.derive_key("address of a key", key);
  constexpr std::uint8_t kTaprootVersion = 1;
  Words words = {kTaprootVersion};
  const auto program = to_words(address_key.taproot_output());
  words.insert(words.end(), program.begin(), program.end());
  proto::NewAddressReply reply;
  reply.set_address(bech32("bcrt", words, Checksum::kBech32m));
  if (key.empty()) commit(AddressMade{asked.name, reply.address()});
  return reply;
}

}  // namespace paynamed::sandbox
