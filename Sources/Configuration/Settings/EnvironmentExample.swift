/// The text of `.env.example`: every setting with its documentation, commented out.
public func environmentExample() -> String {
  var text = """
    # Settings of StreamPulse. Copy this file to .env and remove the # before what you change.
    # The command line (--api-port 8080) wins over the environment, which wins over .env.

    """
  for group in Setting.Group.allCases {
    text += "\n# --- \(group.rawValue) ---\n"
    for key in SettingKey.allCases where key.setting.group == group {
      let setting = key.setting
      text += "\n# \(setting.summary).\n# \(setting.format.rule)"
      if let note = setting.defaultNote { text += "; default: \(note)" }
      if setting.isSecret { text += "; secret" }
      text += "\n#\(key.rawValue)=\(setting.defaultValue ?? "")\n"
    }
    if group == .kafka {
      text += """

        # Topic of one of several streams: its name in capitals, _ for what is no letter or digit.
        # text; default: the topic that the stream's definition names
        #\(TopicSetting.prefix)CONTENT_DOWNLOADS=

        # Any property of librdkafka: its name in capitals with _ for each dot, e.g. security.protocol.
        # text
        #\(KafkaProperty.prefix)SECURITY_PROTOCOL=

        """
    }
  }
  return text
}
