# A bare image with everything that scripts/setup installs: docker build -t rts . && docker run --rm rts ./scripts/test
FROM debian:12
WORKDIR /rts
COPY scripts/setup scripts/setup
RUN bash scripts/setup
COPY . .
CMD ["bash", "scripts/demo"]
