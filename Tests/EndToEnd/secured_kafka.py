"""A real Kafka with a listener for each way in, and access lists: nobody but the administrator may do what was not allowed."""

import os
import subprocess

from certificates import Authority
from product import PATIENCE, SHORT_LIVED_JAVA, TOPIC, free_port

LOGIN = "org.apache.kafka.common.security"
# Would be seen wherever it is written.
PASSWORD = "Pa55-that-nobody-may-see"
LISTENERS = {
    "SASL": "SASL_PLAINTEXT", "SASLTLS": "SASL_SSL", "MTLS": "SSL", "TLS": "SSL", "EXPIRED": "SSL", "ELSEWHERE": "SSL",
}


class SecuredKafka:
    """Starts it for the product, which is the administrator where nothing else is said."""

    def __init__(self, product, shared):
        self.product = product
        self.tools = shared("kafka/kafka-tool")
        self.authority = Authority(product.folder, "authority")
        self.foreign = Authority(product.folder, "foreign")
        self.admin_port = free_port(and_next=True)
        self.ports = {name: free_port() for name in LISTENERS}
        properties = product.folder / "kafka-properties"
        properties.write_text("\n".join(self.properties()) + "\n")
        product.kafka(
            shared("kafka/kafka-broker"), partitions=2, port=self.admin_port, KAFKA_PROPERTIES=str(properties))
        for bits in (256, 512):
            self.tool(
                "ConfigCommand", "--alter", "--add-config", f"SCRAM-SHA-{bits}=[iterations=4096,password={PASSWORD}]",
                "--entity-type", "users", "--entity-name", "reader")

    def properties(self):
        places = [f"{name}://127.0.0.1:{port}" for name, port in self.ports.items()]
        own = [f"PLAINTEXT://127.0.0.1:{self.admin_port}", *places]
        stores = {
            "sasltls": self.authority.keystore("broker"), "mtls": self.authority.keystore("broker"),
            "tls": self.authority.keystore("broker"),
            "expired": self.authority.keystore("broker", file="expired", expired=True),
            "elsewhere": self.authority.keystore("broker", file="elsewhere", names="DNS:elsewhere.example"),
        }
        users = " ".join(f'user_{user}="{PASSWORD}"' for user in ("reader", "nobody"))
        yield f"listeners={','.join([*own, f'CONTROLLER://127.0.0.1:{self.admin_port + 1}'])}"
        yield f"advertised.listeners={','.join(own)}"
        yield "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT," + ",".join(
            f"{name}:{protocol}" for name, protocol in LISTENERS.items())
        yield "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        yield "super.users=User:ANONYMOUS"
        yield "ssl.keystore.type=PEM"
        yield "ssl.truststore.type=PEM"
        yield f"ssl.truststore.location={self.authority.pem}"
        yield "listener.name.mtls.ssl.client.auth=required"
        yield "ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/"
        yield "listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER"
        yield "listener.name.sasltls.sasl.enabled.mechanisms=SCRAM-SHA-512"
        yield f"listener.name.sasl.plain.sasl.jaas.config={LOGIN}.plain.PlainLoginModule required {users};"
        yield f"listener.name.sasl.oauthbearer.sasl.jaas.config={LOGIN}.oauthbearer.OAuthBearerLoginModule required;"
        for listener, bits in (("sasl", 256), ("sasl", 512), ("sasltls", 512)):
            prefix = f"listener.name.{listener}.scram-sha-{bits}"
            yield f"{prefix}.sasl.jaas.config={LOGIN}.scram.ScramLoginModule required;"
        for name, store in stores.items():
            yield f"listener.name.{name}.ssl.keystore.location={store}"

    def tool(self, name, *arguments):
        """One of Kafka's own, as the administrator."""
        done = subprocess.run(
            [self.tools, name, "--bootstrap-server", f"127.0.0.1:{self.admin_port}", *arguments], capture_output=True,
            text=True, timeout=PATIENCE, env=os.environ | SHORT_LIVED_JAVA)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def allow(self, users, resource, name, *operations):
        """Lets users, separated by blanks, do that with a topic or a group."""
        rights = [part for user in users.split() for part in ("--allow-principal", f"User:{user}")]
        rights += [part for operation in operations for part in ("--operation", operation)]
        self.tool("AclCommand", "--add", *rights, f"--{resource}", name)

    def at(self, listener, **properties):
        """The settings of a client of that listener; `properties` are librdkafka's."""
        named = {f"KAFKA_PROPERTY_{name.upper()}": str(value) for name, value in properties.items()}
        return {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.ports[listener]}"} | named

    def tls(self, listener, authority=None, **properties):
        return self.at(
            listener, security_protocol="ssl", ssl_ca_location=(authority or self.authority).pem, **properties)

    def sasl(self, mechanism, user="reader", password=PASSWORD, **properties):
        return self.at(
            "SASL", security_protocol="sasl_plaintext", sasl_mechanisms=mechanism, sasl_username=user,
            sasl_password=password, **properties)

    def sasl_tls(self, mechanism="SCRAM-SHA-512", **properties):
        return self.at(
            "SASLTLS", **{"security_protocol": "sasl_ssl", "ssl_ca_location": self.authority.pem,
                          "sasl_mechanisms": mechanism, "sasl_username": "reader", "sasl_password": PASSWORD} | properties)

    def bearer(self, user="reader", **properties):
        """With a token that nobody has signed, as tests may."""
        return self.at(
            "SASL", security_protocol="sasl_plaintext", sasl_mechanisms="OAUTHBEARER",
            enable_sasl_oauthbearer_unsecure_jwt="true", sasl_oauthbearer_config=f"principal={user}", **properties)

    def mutual(self, user="reader", authority=None, **options):
        pem, key = (authority or self.authority).sign(user, **options)
        return self.tls("MTLS", ssl_certificate_location=pem, ssl_key_location=key)
