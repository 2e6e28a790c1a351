# cmake -DINPUT=a.yaml -DOUTPUT=a.cpp -DHEADER=api/routes.hpp -DNAMESPACE=paynamed::api -DFUNCTION=a_document -P embed.cmake:
# a text as C++, as the function that HEADER declares.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace ${NAMESPACE} {

std::string_view ${FUNCTION}() {
  return R\"document(${text})document\";
}

}  // namespace ${NAMESPACE}
")
