#include "names/unbound_context.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

#include <map>
#include <set>

namespace paynamed::names {
namespace {

// IANA, https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017 and KSK-2024.
constexpr std::string_view kRootAnchors =
    "  trust-anchor: \". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\"\n"
    "  trust-anchor: \". IN DS 38696 8 2 "
    "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\"\n";

// cache-max-negative-ttl, aggressive-nsec, val-bogus-ttl, infra-host-ttl: what was wrong or missing a moment
// ago is asked again, for a record may have been published or a server mended since.
// outgoing-num-tcp: the library's own is 2; for a third connection it closes one that waits for its answer,
// asks again without EDNS, and takes the answer without signatures for bogus.
constexpr std::string_view kCommon =
    "server:\n"
    "  verbosity: 0\n"
    "  use-syslog: no\n"
    "  chroot: \"\"\n"
    "  username: \"\"\n"
    "  directory: \"\"\n"
    "  module-config: \"validator iterator\"\n"
    "  msg-cache-size: 2m\n"
    "  rrset-cache-size: 4m\n"
    "  key-cache-size: 1m\n"
    "  neg-cache-size: 256k\n"
    "  msg-cache-slabs: 1\n"
    "  rrset-cache-slabs: 1\n"
    "  key-cache-slabs: 1\n"
    "  infra-cache-slabs: 1\n"
    "  infra-cache-numhosts: 1000\n"
    "  cache-max-ttl: 3600\n"
    "  cache-max-negative-ttl: 0\n"
    "  aggressive-nsec: no\n"
    "  val-bogus-ttl: 0\n"
    "  infra-host-ttl: 10\n"
    "  infra-keep-probing: yes\n"
    "  outgoing-num-tcp: 16\n"
    "  harden-dnssec-stripped: yes\n";

bool is_loopback(const boost::asio::ip::address& address) {
  return address.is_loopback();
}

// The last label, with its dot.
std::string top_level_of(std::string zone) {
  while (net::parent_of(zone) != ".") zone = net::parent_of(zone);
  return zone;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

void DeleteUnboundContext::operator()(ub_ctx* context) const {
  ub_ctx_delete(context);
}

base::Result<std::string> unbound_configuration(const ValidatorSettings& settings) {
  std::string text{kCommon};
  if (settings.anchor_file.empty()) {
    text += kRootAnchors;
  } else if (settings.anchor_file.find_first_of("\"\n\r") != std::string::npos) {
    return base::fail(base::invalid_argument(fmt::format(
        "the anchor file's path '{}' must not contain quotes or line breaks", settings.anchor_file)));
  } else if (access(settings.anchor_file.c_str(), R_OK) != 0) {
    return base::fail(base::failed_precondition(fmt::format(
        "the trust anchor file {} cannot be read; give the path of a file with the root's DS or DNSKEY",
        settings.anchor_file)));
  } else {
    text += fmt::format("  trust-anchor-file: \"{}\"\n", settings.anchor_file);
  }

  std::map<std::string, std::vector<net::Endpoint>> stubs;
  bool loopback = false;
  for (const auto& stub : settings.stubs) {
    const auto zone = net::normal_name(stub.zone);
    // Without special characters: the text goes into a configuration file.
    if (!zone || zone->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos) {
      return base::fail(
          base::invalid_argument(fmt::format("the stub zone '{}' is not a domain name", stub.zone)));
    }
    stubs[*zone].push_back(stub.server);
    loopback = loopback || is_loopback(stub.server.address);
  }
  // unbound answers these itself with NXDOMAIN (RFC 6761) unless told that they are real here.
  std::set<std::string> real;
  for (const auto& [zone, servers] : stubs) {
    if (zone == ".") {
      real.insert({"test.", "invalid.", "onion."});
    } else {
      real.insert({zone, top_level_of(zone)});
    }
  }
  if (settings.forwarder) {
    real.insert({"test.", "invalid.", "onion."});
    loopback = true;
    text += fmt::format("  tcp-upstream: yes\n  tcp-auth-query-timeout: {}\n",
                        settings.forwarder_timeout.count());
  }
  for (const auto& zone : real) text += fmt::format("  local-zone: \"{}\" nodefault\n", zone);
  if (loopback) text += "  do-not-query-localhost: no\n";
  if (settings.forwarder) {
    text += fmt::format("forward-zone:\n  name: \".\"\n  forward-addr: {}@{}\n",
                        settings.forwarder->address.to_string(), settings.forwarder->port);
    return text;
  }
  for (const auto& [zone, servers] : stubs) {
    // Priming would take the root's NS addresses at port 53 instead of ours.
    text += fmt::format("stub-zone:\n  name: \"{}\"\n  stub-prime: no\n", zone);
    for (const auto& server : servers) {
      text += fmt::format("  stub-addr: {}@{}\n", server.address.to_string(), server.port);
    }
  }
  return text;
}

base::Result<UnboundContext> make_context(const std::string& configuration) {
  UnboundContext context{ub_ctx_create()};
  if (!context)
    return base::fail(base::internal("libunbound gives no context; the machine may be out of memory"));
  ub_ctx_debugout(context.get(), nullptr);
  // ub_ctx_set_option() does not take local-zone, and everything must be said before the first question.
  const FileDescriptor file{memfd_create("unbound.conf", MFD_CLOEXEC)};
  if (file.number() < 0 || write(file.number(), configuration.data(), configuration.size()) !=
                               static_cast<ssize_t>(configuration.size())) {
    return base::fail(base::internal("the resolver's configuration could not be written to memory"));
  }
  const std::string path = fmt::format("/proc/self/fd/{}", file.number());
  if (const int error = ub_ctx_config(context.get(), path.c_str()); error != 0) {
    return base::fail(
        base::failed_precondition("the resolver does not take its configuration", ub_strerror(error)));
  }
  if (const int error = ub_ctx_async(context.get(), 1); error != 0) {
    return base::fail(base::internal("the resolver cannot use a thread", ub_strerror(error)));
  }
  return context;
}

base::Status finish_context(ub_ctx* context) {
  ub_result* raw = nullptr;
  // A name that libunbound answers by itself.
  const int error = ub_resolve(context, "localhost", 1, 1, &raw);
  if (raw) ub_resolve_free(raw);
  if (error == 0) return {};
  return base::failed_precondition(
      "the resolver cannot start; look whether the trust anchor file holds DS or DNSKEY "
      "records in zone file format",
      ub_strerror(error));
}

}  // namespace paynamed::names
