
te