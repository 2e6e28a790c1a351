#include "host/module.hpp"

#include <boost/dll/shared_library.hpp>
#include <system_error>

#include "host/registry.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace {

constexpr std::string_view kPackage = "paynamed.plugin.v1.";

base::Status refused(const std::filesystem::path& file, const std::string& why) {
  return base::failed_precondition("The module " + file.string() + " cannot be used: " + why);
}

// What the dynamic linker said, in words that help.
base::Status explain(const std::filesystem::path& file, std::string_view text) {
  // Boost wraps it: "... (dlerror system message: <text>): Bad file descriptor".
  if (const auto at = text.find("dlerror system message: "); at != std::string_view::npos) {
    text.remove_prefix(at + std::string_view("dlerror system message: ").size());
    if (const auto end = text.rfind("): "); end != std::string_view::npos) text = text.substr(0, end);
  }
  const auto said = printable(text, 500);
  const auto contains = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (contains("cannot open shared object file")) {
    const auto library = std::string(text.substr(0, text.find(':')));
    return refused(file, "it needs the library " + printable(library, 200) +
                             ", which is not installed; install it (\"ldd " + file.string() +
                             "\" shows all that is missing).");
  }
  if (contains("undefined symbol")) {
    return refused(file,
                   "it needs a symbol that no library has (" + said +
                       "); it was built for other versions of its libraries, rebuild it with -Wl,-z,defs.");
  }
  if (contains("ELF") || contains("file too short")) {
    return refused(file, "it is not a shared object for this machine (" + said + "); install it again.");
  }
  return refused(file, "the system could not load it (" + said + ").");
}

// The text behind a member of the module's table, which must be there.
base::Result<std::string> text_of(const std::filesystem::path& file, const char* member, const char* text,
                                  std::size_t most) {
  if (text == nullptr || *text == '\0') {
    return base::fail(
        refused(file, "it does not say its " + std::string(member) + "; its author must fill that in."));
  }
  const std::string copy(text);
  if (copy.size() > most || printable(copy, most) != copy) {
    return base::fail(refused(file, "its " + std::string(member) + " is not plain text of at most " +
                                        std::to_string(most) + " bytes."));
  }
  return copy;
}

std::string known_contracts_text() {
  std::string text;
  for (const auto contract : known_contracts()) text.append(text.empty() ? "" : ", ").append(contract);
  return text;
}

}  // namespace

std::vector<std::string_view> known_contracts() {
  return {"DnsProvider", "NodeBackend", "Notifier"};
}

Module::Module(std::filesystem::path path, const pn_module& abi, Schema schema)
    : path_(std::move(path)),
      abi_(&abi),
      name_(abi.name),
      version_(abi.version),
      contract_(std::string_view(abi.contract).substr(kPackage.size())),
      schema_(std::move(schema)) {}

base::Result<Module> inspect_module(const std::filesystem::path& file, const pn_module* abi) {
  if (abi == nullptr) return base::fail(refused(file, "paynamed_module() gave nothing; ask its author."));
  if (!PN_HAS(pn_module, abi, abi_minor) || abi->abi_major != PN_ABI_MAJOR) {
    const auto theirs = PN_HAS(pn_module, abi, abi_minor) ? std::to_string(abi->abi_major) : "unknown";
    return base::fail(refused(file, "it was built for version " + theirs +
                                        " of the plugin ABI, this daemon has version " +
                                        std::to_string(PN_ABI_MAJOR) + "; install a module built for it."));
  }
  if (!PN_HAS(pn_module, abi, destroy)) {
    return base::fail(refused(file, "its table has " + std::to_string(abi->size) +
                                        " bytes, of which the ABI needs " +
                                        std::to_string(offsetof(pn_module, destroy) + sizeof(abi->destroy)) +
                                        "; rebuild it with the current plugin kit."));
  }
  const std::pair<const char*, bool> kFunctions[] = {{"create", abi->create != nullptr},
                                                     {"call", abi->call != nullptr},
                                                     {"cancel", abi->cancel != nullptr},
                                                     {"stop", abi->stop != nullptr},
                                                     {"destroy", abi->destroy != nullptr}};
  for (const auto& [name, present] : kFunctions) {
    if (!present)
      return base::fail(refused(file, "it has no function " + std::string(name) + "; ask its author."));
  }
  const auto name = text_of(file, "name", abi->name, 64);
  if (!name) return base::fail(name.error());
  if (*name != file.stem().string()) {
    return base::fail(refused(file, "it calls itself \"" + *name + "\"; name the file " + *name +
                                        ".so, and say module = \"" + *name + "\" in the configuration."));
  }
  if (const auto version = text_of(file, "version", abi->version, 64); !version)
    return base::fail(version.error());
  const auto contract = text_of(file, "contract", abi->contract, 128);
  if (!contract) return base::fail(contract.error());
  const bool in_package = contract->starts_with(kPackage);
  bool known = false;
  for (const auto one : known_contracts())
    known = known || (in_package && contract->substr(kPackage.size()) == one);
  if (!known) {
    return base::fail(refused(file, "this daemon does not know its contract " + *contract + "; it knows " +
                                        known_contracts_text() + "."));
  }
  if (abi->config_schema == nullptr) {
    return base::fail(refused(file, "it has no schema of its configuration; its author must give one."));
  }
  auto schema = Schema::parse(abi->config_schema);
  if (!schema) {
    return base::fail(refused(file, "the schema of its configuration is wrong: " + schema.error().message()));
  }
  return Module(file, *abi, std::move(*schema));
}

base::Result<const Module*> load_module(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return base::fail(base::not_found("There is no module " + file.string() +
                                      "; install the plugin or correct `module` in the configuration."));
  }
  const auto path = std::filesystem::canonical(file, error);
  if (error) return base::fail(refused(file, error.message() + "."));
  auto& registry = Registry::get();
  return registry.module(path, [&]() -> base::Result<Module> {
    boost::dll::shared_library library;
    try {
      library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    } catch (const std::exception& failure) {
      return base::fail(explain(file, failure.what()));
    }
    if (!library.has(PN_SYMBOL)) {
      registry.keep(std::move(library));
      return base::fail(
          refused(file,
                  "it has no function paynamed_module(), so it is no plugin of paynamed; its author "
                  "must use PAYNAMED_MODULE and paynamed_add_module."));
    }
    const auto entry = library.get<const pn_module*()>(PN_SYMBOL);
    registry.keep(std::move(library));
    return inspect_module(path, entry());
  });
}

base::Result<std::filesystem::path> find_module(std::string_view name,
                                                const std::vector<std::filesystem::path>& directories) {
  if (name.find('/') != std::string_view::npos) return std::filesystem::path(name);
  std::vector<std::string> there;
  std::string where;
  for (const auto& directory : directories) {
    std::error_code error;
    auto file = directory / (std::string(name) + ".so");
    if (std::filesystem::is_regular_file(file, error)) return file;
    where.append(where.empty() ? "" : ", ").append(directory.string());
    for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
         at.increment(error)) {
      if (at->path().extension() == ".so") there.push_back(at->path().stem().string());
    }
  }
  const auto near = nearest(name, there);
  return base::fail(
      base::not_found("There is no module \"" + printable(name, 64) + "\" in " +
                      (where.empty() ? "any directory (none is configured)" : where) +
                      (near.empty() ? "; install the plugin." : "; did you mean \"" + near + "\"?")));
}

}  // namespace paynamed::host
