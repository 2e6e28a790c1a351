// The rfc2136 plugin in the daemon's plugin host against a real knotd and a real named.
#include "paynamed/testing/dns_conformance_gtest.hpp"
#include "tests/fakes/dns/bind_server.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"
#include "updated_zone.hpp"

namespace paynamed::dns_providers {
namespace {

using fakes::BindServer;
using fakes::BindZone;
using fakes::HostedPlugin;
using fakes::KnotLab;

// Knot lets the key change TXT records only; a CNAME is its operator's.
class KnotZone final : public UpdatedZone {
 public:
  explicit KnotZone(const KnotLab& lab)
      : UpdatedZone("example.test.", lab.port(), lab.tsig_name(), lab.tsig_secret()), lab_(lab) {}

 private:
  void set_cname(const std::string& name, const std::string& target) override {
    lab_.edit(apex(), {"set " + name + " 300 CNAME " + target});
  }
  void unset_cname(const std::string& name) override { lab_.edit(apex(), {"unset " + name + " CNAME"}); }

  const KnotLab& lab_;
};

template <class Server>
class Rfc2136Subject : public testing::DnsSubject {
 public:
  testing::DnsCaller& plugin() override { return plugin_; }
  testing::DnsCaller* second_plugin() override { return &second_; }
  testing::DnsCaller* plugin_with_wrong_credentials() override { return &stranger_; }
  testing::PeerZone& zone() override { return server_.zone(); }
  testing::DnsCapabilities capabilities() const override {
    testing::DnsCapabilities can;
    can.loses_replies = true;
    can.meets_writers = true;
    can.delays = true;
    can.zone_signed = Server::kSigned;
    return can;
  }
  std::string logged() override { return journal_.text(); }
  std::vector<std::string> secrets() const override { return server_.zone().secrets(); }

 private:
  Server server_;
  fakes::Journal journal_;
  HostedPlugin plugin_{RFC2136_MODULE, server_.zone().behind_relay(), journal_};
  HostedPlugin second_{RFC2136_MODULE, server_.zone().direct(), journal_};
  HostedPlugin stranger_{RFC2136_MODULE, server_.zone().with_wrong_secret(), journal_};
};

class Knot {
 public:
  static constexpr bool kSigned = true;
  UpdatedZone& zone() { return zone_; }
  const UpdatedZone& zone() const { return zone_; }

 private:
  KnotLab lab_;
  KnotZone zone_{lab_};
};

class Bind {
 public:
  static constexpr bool kSigned = false;
  Bind() {
    server_.serve({{kApex, BindZone::Source::kUpdated, kZone}});
    zone_.emplace(kApex, server_.port(), lab_.tsig_name(), lab_.tsig_secret());
  }
  UpdatedZone& zone() { return *zone_; }
  const UpdatedZone& zone() const { return *zone_; }

 private:
  static constexpr char kApex[] = "updated.test.";
  static constexpr char kZone[] =
      "$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\n";
  KnotLab lab_;
  BindServer server_{lab_};
  std::optional<UpdatedZone> zone_;
};

PAYNAMED_DNS_CONFORMANCE(Rfc2136OnKnot, Rfc2136Subject<Knot>)
PAYNAMED_DNS_CONFORMANCE(Rfc2136OnBind, Rfc2136Subject<Bind>)

}  // namespace
}  // namespace paynamed::dns_providers
